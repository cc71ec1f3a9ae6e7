// SPDX-License-Identifier: Apache-2.0

#include "config/closest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

const std::vector<std::string> kNames = {"source.host", "source.port", "server.tls.key",
                                         "log.retention_bytes"};

TEST(ClosestName, HasTheSmallestEditDistance) {
  EXPECT_EQ(ClosestName("sorce.host", kNames), "source.host");
  EXPECT_EQ(ClosestName("source.pots", kNames), "source.port");
  EXPECT_EQ(ClosestName("log.retention_byte", kNames), "log.retention_bytes");
}

TEST(ClosestName, MatchesLastPartInAnotherSection) {
  EXPECT_EQ(ClosestName("retention_bytes", kNames), "log.retention_bytes");
  EXPECT_EQ(ClosestName("database.connection.port", kNames), "source.port");
}

TEST(ClosestName, IsEmptyWhenNothingIsClose) {
  EXPECT_EQ(ClosestName("kafka.brokers", kNames), "");
  EXPECT_EQ(ClosestName(std::string(200'000, 'x'), kNames), "");
}

TEST(SplitName, KeepsEveryPart) {
  EXPECT_THAT(SplitName("a.b.c"), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(SplitName(""), testing::ElementsAre(""));
}

}  // namespace
}  // namespace millrace
