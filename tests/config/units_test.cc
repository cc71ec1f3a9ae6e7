// SPDX-License-Identifier: Apache-2.0

#include "config/units.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Duration, ParsesNumberWithUnit) {
  EXPECT_EQ(ParseDuration("7d"), 7 * 86'400'000'000);
  EXPECT_EQ(ParseDuration("2h"), 7'200'000'000);
  EXPECT_EQ(ParseDuration("5m"), 300'000'000);
  EXPECT_EQ(ParseDuration("10s"), 10'000'000);
  EXPECT_EQ(ParseDuration("250ms"), 250'000);
  EXPECT_EQ(ParseDuration("3us"), 3);
  EXPECT_EQ(ParseDuration("0"), 0);
}

TEST(Duration, RejectsAnythingElse) {
  for (const char* text : {"", "10", "s", "-1s", "1.5s", "10 s", "10S", "10sec", " 10s", "0x1s",
                           "9223372036854775808us", "106751992d", "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Size, ParsesNumberWithUnitOrBytes) {
  EXPECT_EQ(ParseSize("64KiB"), 65536u);
  EXPECT_EQ(ParseSize("32MiB"), 32u << 20);
  EXPECT_EQ(ParseSize("64GiB"), uint64_t{64} << 30);
  EXPECT_EQ(ParseSize("1TiB"), uint64_t{1} << 40);
  EXPECT_EQ(ParseSize("12B"), 12u);
  EXPECT_EQ(ParseSize("12"), 12u);
}

TEST(Size, RejectsAnythingElse) {
  for (const char* text : {"", "KiB", "64kb", "64KB", "64K", "-1", "1.5GiB", "64 KiB",
                           "16777216TiB", "18446744073709551616"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(Units, TextUsesTheLargestUnitWithoutAFraction) {
  EXPECT_EQ(DurationText(0), "0");
  EXPECT_EQ(DurationText(1), "1us");
  EXPECT_EQ(DurationText(90'000'000), "90s");
  EXPECT_EQ(DurationText(7 * 86'400'000'000), "7d");
  EXPECT_EQ(SizeText(0), "0");
  EXPECT_EQ(SizeText(1025), "1025B");
  EXPECT_EQ(SizeText(3 << 20), "3MiB");
}

}  // namespace
}  // namespace millrace
