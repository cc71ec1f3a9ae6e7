// SPDX-License-Identifier: Apache-2.0

#include "transcode/select_text.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "transcode/decimal.h"

namespace millrace::transcode {
namespace {

constexpr std::string_view kZeroDate = "0000-00-00";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The number in the first `digits` characters; the greatest uint32_t if one is not a digit.
uint32_t Number(const char* from, unsigned digits) {
  uint32_t number = 0;
  for (unsigned i = 0; i < digits; ++i) {
    if (!IsDigit(from[i])) return std::numeric_limits<uint32_t>::max();
    number = number * 10 + static_cast<uint32_t>(from[i] - '0');
  }
  return number;
}

// Days from 1970-01-01 to a day of the Gregorian calendar, counted in years that begin in March.
// http://howardhinnant.github.io/date_algorithms.html#days_from_civil
int64_t DaysSince1970(uint32_t year, uint32_t month, uint32_t day) {
  const uint32_t march_year = year - (month <= 2 ? 1 : 0);
  const uint32_t era = march_year / 400;
  const uint32_t year_of_era = march_year % 400;
  const uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return int64_t{era} * 146'097 + day_of_era - 719'468;
}

// Parses `.123`, the fraction after a time. An empty text is zero.
bool ParseFraction(std::string_view text, uint32_t& nanoseconds) {
  nanoseconds = 0;
  if (text.empty()) return true;
  const auto digits = static_cast<unsigned>(text.size() - 1);
  if (text[0] != '.' || digits < 1 || digits > kFractionDigitsMax) return false;
  const uint32_t number = Number(text.data() + 1, digits);
  if (number > 999'999) return false;
  nanoseconds = number;
  for (unsigned i = digits; i < 9; ++i) nanoseconds *= 10;
  return true;
}

}  // namespace

std::optional<uint64_t> ParseUnsigned(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || after != end) return std::nullopt;
  return number;
}

bool IsDecimalText(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  // ZEROFILL has up to 255 digits.
  if (text.empty() || text.size() > 255 || !IsDigit(text.front()) || !IsDigit(text.back())) {
    return false;
  }
  bool has_point = false;
  for (const char c : text) {
    if (IsDigit(c)) continue;
    if (c != '.' || has_point) return false;
    has_point = true;
  }
  return true;
}

bool IsDoubleText(std::string_view text) {
  const size_t exponent = text.find('e');
  if (exponent == std::string_view::npos) {
    // Numbers below 1e15 are printed without exponent, with all digits.
    return IsDecimalText(text);
  }
  return IsDecimalText(text.substr(0, exponent)) && IsDecimalText(text.substr(exponent + 1));
}

std::string_view WithoutZerofill(std::string_view text) {
  while (text.size() > 1 && text[0] == '0' && IsDigit(text[1])) text.remove_prefix(1);
  return text;
}

bool IsTemporalText(std::string_view text) {
  if (text.size() < 8 || text.size() >= kTemporalTextMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsDigit(c) || c == ':' || c == '-' || c == '.' || c == ' ';
  });
}

bool ParseTimestamp(std::string_view text, TimestampParts& parts) {
  constexpr size_t kWithoutFraction = 19;
  parts = {};
  if (text.size() < kWithoutFraction || text[4] != '-' || text[7] != '-' || text[10] != ' ' ||
      text[13] != ':' || text[16] != ':') {
    return false;
  }
  const uint32_t hour = Number(&text[11], 2);
  const uint32_t minute = Number(&text[14], 2);
  const uint32_t second = Number(&text[17], 2);
  uint32_t nanoseconds = 0;
  if (hour > 23 || minute > 59 || second > 59 ||
      !ParseFraction(text.substr(kWithoutFraction), nanoseconds)) {
    return false;
  }
  if (text.starts_with(kZeroDate)) {
    return hour == 0 && minute == 0 && second == 0 && nanoseconds == 0;
  }
  const uint32_t year = Number(&text[0], 4);
  const uint32_t month = Number(&text[5], 2);
  const uint32_t day = Number(&text[8], 2);
  if (year < 1970 || year > 2106 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const int64_t seconds =
      DaysSince1970(year, month, day) * 86'400 + hour * 3'600 + minute * 60 + second;
  if (seconds > std::numeric_limits<uint32_t>::max()) return false;
  parts = {.seconds = static_cast<uint32_t>(seconds), .nanoseconds = nanoseconds};
  return true;
}

}  // namespace millrace::transcode
