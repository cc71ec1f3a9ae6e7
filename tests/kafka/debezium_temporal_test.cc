// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_temporal.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

int64_t DaysOf(std::string_view text) {
  LocalTime time;
  EXPECT_EQ(ParseDateTime(text, time), DateResult::kDate) << text;
  return time.days;
}
DateResult ResultOf(std::string_view text) {
  LocalTime time;
  return ParseDateTime(text, time);
}

TEST(DebeziumTemporal, DaysCountFromEpoch) {
  EXPECT_EQ(DaysOf("1970-01-01"), 0);
  EXPECT_EQ(DaysOf("1969-12-31"), -1);
  EXPECT_EQ(DaysOf("2024-02-29"), 19782);
  EXPECT_EQ(DaysOf("9999-12-31"), 2932896);
  EXPECT_EQ(DaysOf("1582-10-04"), -141438);
  EXPECT_EQ(DaysOf("0001-01-01"), -719162);
}

TEST(DebeziumTemporal, PrintedDaysParseBack) {
  for (int64_t days = DaysOf("0001-01-01"); days <= DaysOf("9999-12-31"); days += 17) {
    std::string text;
    AppendIsoDate(text, days);
    ASSERT_EQ(DaysOf(text), days) << text;
  }
}

TEST(DebeziumTemporal, ZeroAndImpossibleDatesAreInvalid) {
  for (const char* text : {"0000-00-00", "2024-00-01", "2024-01-00", "0000-01-01", "2023-02-29",
                           "2024-02-30", "1900-02-29", "2024-04-31", "0000-00-00 00:00:00"}) {
    EXPECT_EQ(ResultOf(text), DateResult::kInvalidDate) << text;
  }
}

TEST(DebeziumTemporal, OtherTextIsMalformed) {
  for (const char* text : {"", "2024", "2024-1-01", "2024-01-01x", "2024-13-01", "2024-01-32",
                           "2024-01-01 24:00:00", "2024-01-01 00:60:00", "2024-01-01 00:00:0",
                           "2024-01-01 00:00:00.", "2024-01-01 00:00:00.1234567"}) {
    EXPECT_EQ(ResultOf(text), DateResult::kMalformed) << text;
  }
}

TEST(DebeziumTemporal, TimesAreMicroseconds) {
  EXPECT_EQ(ParseTime("00:00:00"), 0);
  EXPECT_EQ(ParseTime("12:34:56.789012"), 45'296'789'012);
  EXPECT_EQ(ParseTime("-12:34:56.7"), -45'296'700'000);
  EXPECT_EQ(ParseTime("838:59:59"), 3'020'399'000'000);
  EXPECT_EQ(ParseTime("1:00:00"), std::nullopt);
  EXPECT_EQ(ParseTime("00:00"), std::nullopt);
}

TEST(DebeziumTemporal, IsoTimesHaveRequestedDigits) {
  std::string text;
  AppendIsoTime(text, 45'296'789'000);
  text.push_back(' ');
  AppendIsoTime(text, 45'296'000'000);
  text.push_back(' ');
  AppendIsoTime(text, 45'296'789'000, 2);
  EXPECT_EQ(text, "12:34:56.789 12:34:56 12:34:56.78");
}

}  // namespace
}  // namespace millrace::kafka
