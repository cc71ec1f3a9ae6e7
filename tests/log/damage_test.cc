// SPDX-License-Identifier: Apache-2.0

#include "log/damage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace millrace::log {
namespace {

using ::testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(DamageTest, KnownFormatIsRemovedFromValue) {
  std::string_view value = "\x02rest";
  EXPECT_EQ(TakeFormat("key", 2, value).value(), 2);
  EXPECT_EQ(value, "rest");
}

TEST(DamageTest, NewerFormatIsNotDamage) {
  std::string_view value = "\x03rest";
  const absl::Status status = TakeFormat("key", 2, value).status();
  EXPECT_EQ(ErrorReason(status), "FORMAT_TOO_NEW");
  EXPECT_THAT(MessageOf(status), HasSubstr("format 3"));
  EXPECT_THAT(MessageOf(status), HasSubstr("up to 2"));
}

TEST(DamageTest, FormatZeroAndNoFormatAreDamage) {
  std::string_view zero("\0rest", 5);
  EXPECT_EQ(ErrorReason(TakeFormat("key", 2, zero).status()), "LOG_DAMAGED");
  std::string_view empty;
  EXPECT_EQ(ErrorReason(TakeFormat("key", 2, empty).status()), "LOG_DAMAGED");
}

TEST(DamageTest, DamageNamesPartAndRemedy) {
  const absl::Status status = LogDamaged("frame 7 is too short", {{"sequence", "7"}});
  EXPECT_EQ(MessageOf(status), "frame 7 is too short; start a new log in an empty directory");
  EXPECT_EQ(ErrorMetadataOf(status)["sequence"], "7");
}

TEST(DamageTest, AlternativeComesBeforeNewLog) {
  EXPECT_THAT(MessageOf(LogDamaged("x", {}, "rewind the mirror")),
              HasSubstr("x; rewind the mirror, or start a new log"));
}

TEST(DamageTest, KeysAreQuoted) {
  EXPECT_THAT(MessageOf(RecordDamaged("a\nb", "is empty")), HasSubstr("a\\nb"));
}

}  // namespace
}  // namespace millrace::log
