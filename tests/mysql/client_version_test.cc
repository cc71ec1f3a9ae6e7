// SPDX-License-Identifier: Apache-2.0

#include "mysql/client_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

TEST(ClientVersionTest, AnyPatchOfTheSeriesIsAccepted) {
  EXPECT_TRUE(CheckClientSeries("3.3.20", "3.3.20").ok());
  EXPECT_TRUE(CheckClientSeries("3.3.20", "3.3.4").ok());
  EXPECT_TRUE(CheckClientSeries("3.4.10", "3.4.11").ok());
}

TEST(ClientVersionTest, AnotherSeriesIsRejected) {
  for (const char* loaded : {"3.4.10", "3.2.20", "3.30.1", "33.3.20", "2.3.3"}) {
    const absl::Status status = CheckClientSeries("3.3.20", loaded);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << loaded;
    EXPECT_EQ(ErrorReason(status), "CLIENT_LIBRARY_MISMATCH") << loaded;
    EXPECT_THAT(std::string(status.message()), HasSubstr("compiled for MariaDB Connector/C 3.3.x"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(loaded));
  }
}

TEST(ClientVersionTest, TextWithoutSeriesIsRejected) {
  for (const char* loaded : {"", "3", "3.3", "unknown"}) {
    EXPECT_FALSE(CheckClientSeries("3.3.20", loaded).ok()) << loaded;
  }
  EXPECT_FALSE(CheckClientSeries("", "").ok());
}

}  // namespace
}  // namespace millrace
