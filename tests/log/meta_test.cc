// SPDX-License-Identifier: Apache-2.0

#include "log/meta.h"

#include "gtest/gtest.h"

namespace millrace::log::testing {
namespace {

TEST(Meta, VisibleRoundTrips) {
  const auto visible = ParseVisible(SerializeVisible({7}, -3, "position"));
  ASSERT_TRUE(visible.has_value());
  EXPECT_EQ(visible->newest.value, 7u);
  EXPECT_EQ(visible->commit_time_max, -3);
  EXPECT_EQ(visible->source_position, "position");
}

// Format 1 is on users' disks.
TEST(Meta, FormatOneNeverChanges) {
  EXPECT_EQ(SerializeVisible({0x0102}, 0x0304, "p"),
            std::string("\x02\x01\0\0\0\0\0\0\x04\x03\0\0\0\0\0\0p", 17));
  EXPECT_EQ(FrameKey({0x0102}), std::string("\0\0\0\0\0\0\x01\x02", 8));
}

TEST(Meta, ShortVisibleIsMalformed) {
  const std::string stored = SerializeVisible({7}, 5, "");
  for (size_t size = 0; size < stored.size(); ++size) {
    EXPECT_FALSE(ParseVisible(stored.substr(0, size)).has_value());
  }
}

TEST(Meta, KeysSortLikeSequences) {
  EXPECT_LT(FrameKey({255}), FrameKey({256}));
  EXPECT_EQ(ParseFrameKey(FrameKey({256}))->value, 256u);
  EXPECT_FALSE(ParseFrameKey("short").has_value());
}

}  // namespace
}  // namespace millrace::log::testing
