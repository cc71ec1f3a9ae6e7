// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::kafka {

// A date and time without zone. Dates are of the Gregorian calendar, also before it was in use.
struct LocalTime {
  int64_t days = 0;  // since 1970-01-01
  int64_t micros_of_day = 0;
};

enum class DateResult {
  kDate,
  kInvalidDate,  // a part of it is zero, or the calendar has no such day: `2023-02-31`
  kMalformed,    // not the text that a row holds
};

// Reads `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM:SS[.f]` with 1 to 6 digits.
DateResult ParseDateTime(std::string_view text, LocalTime& time);
// Microseconds of `[-]HH:MM:SS[.f]` with 2 or 3 digits for the hours. Nothing: malformed.
std::optional<int64_t> ParseTime(std::string_view text);

// `2024-02-29`.
void AppendIsoDate(std::string& to, int64_t days);
// `12:34:56`, then the digits of the fraction without zeros at its end.
void AppendIsoTime(std::string& to, int64_t micros_of_day);
// The same with exactly `digits` digits of the fraction, 0 to 6.
void AppendIsoTime(std::string& to, int64_t micros_of_day, unsigned digits);

}  // namespace millrace::kafka
