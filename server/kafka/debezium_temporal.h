// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::kafka {

// A date and time without zone, in the proleptic Gregorian calendar.
struct LocalTime {
  int64_t days = 0;  // since 1970-01-01
  int64_t micros_of_day = 0;
};

enum class DateResult {
  kDate,
  kInvalidDate,  // a part is zero, or the day does not exist: `2023-02-31`
  kMalformed,    // not in the format that rows use
};

// Parses `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM:SS[.f]` with 1 to 6 digits.
DateResult ParseDateTime(std::string_view text, LocalTime& time);
// Parses `[-]HH:MM:SS[.f]` with 2 or 3 digits for the hours, to microseconds. Nothing: malformed.
std::optional<int64_t> ParseTime(std::string_view text);

// `2024-02-29`.
void AppendIsoDate(std::string& to, int64_t days);
// `12:34:56` with the fraction, if any, without trailing zeros.
void AppendIsoTime(std::string& to, int64_t micros_of_day);
// The same with exactly `digits` fraction digits, 0 to 6.
void AppendIsoTime(std::string& to, int64_t micros_of_day, unsigned digits);

}  // namespace millrace::kafka
