// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_temporal.h"

namespace millrace::kafka {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDaysOfEra = 146'097;    // 400 years
constexpr int64_t kDaysToEpoch = 719'468;  // from 0000-03-01 to 1970-01-01
constexpr unsigned kFractionDigits = 6;

// Takes `count` digits from the front of `text`. Returns -1 if they are missing.
int TakeNumber(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  int number = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Parses `:MM:SS[.f]` up to the end of `text`, to microseconds. Returns -1 if it is malformed.
int64_t TakeMinutesAndSeconds(std::string_view& text) {
  if (!TakeChar(text, ':')) return -1;
  const int minute = TakeNumber(text, 2);
  if (!TakeChar(text, ':')) return -1;
  const int second = TakeNumber(text, 2);
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  int64_t micros = (minute * 60 + second) * kSecond;
  if (text.empty()) return micros;
  const size_t digits = text.size() - 1;
  if (!TakeChar(text, '.') || digits < 1 || digits > kFractionDigits) return -1;
  int64_t fraction = TakeNumber(text, digits);
  if (fraction < 0) return -1;
  for (size_t i = digits; i < kFractionDigits; ++i) fraction *= 10;
  return micros + fraction;
}

int DaysOfMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// Days since 1970-01-01. Counts years from March, so that the leap day is their last.
int64_t DaysOf(int year, int month, int day) {
  const int64_t shifted = month <= 2 ? year - 1 : year;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const int64_t year_of_era = shifted - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysOfEra + day_of_era - kDaysToEpoch;
}

void AppendNumber(std::string& to, int64_t number, unsigned digits) {
  char text[20];
  for (unsigned i = digits; i > 0; --i) {
    text[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  to.append(text, digits);
}

}  // namespace

DateResult ParseDateTime(std::string_view text, LocalTime& time) {
  const int year = TakeNumber(text, 4);
  if (year < 0 || !TakeChar(text, '-')) return DateResult::kMalformed;
  const int month = TakeNumber(text, 2);
  if (month < 0 || !TakeChar(text, '-')) return DateResult::kMalformed;
  const int day = TakeNumber(text, 2);
  if (day < 0 || month > 12 || day > 31) return DateResult::kMalformed;
  time.micros_of_day = 0;
  if (TakeChar(text, ' ')) {
    const int hour = TakeNumber(text, 2);
    const int64_t rest = TakeMinutesAndSeconds(text);
    if (hour < 0 || hour > 23 || rest < 0) return DateResult::kMalformed;
    time.micros_of_day = hour * 3600 * kSecond + rest;
  } else if (!text.empty()) {
    return DateResult::kMalformed;
  }
  if (year == 0 || month == 0 || day == 0) return DateResult::kInvalidDate;
  if (day > DaysOfMonth(year, month)) return DateResult::kInvalidDate;
  time.days = DaysOf(year, month, day);
  return DateResult::kDate;
}

std::optional<int64_t> ParseTime(std::string_view text) {
  const bool negative = TakeChar(text, '-');
  const size_t digits = text.find(':');
  if (digits != 2 && digits != 3) return std::nullopt;
  const int hour = TakeNumber(text, digits);
  const int64_t rest = TakeMinutesAndSeconds(text);
  if (hour < 0 || rest < 0) return std::nullopt;
  const int64_t micros = hour * 3600 * kSecond + rest;
  return negative ? -micros : micros;
}

void AppendIsoDate(std::string& to, int64_t days) {
  const int64_t shifted = days + kDaysToEpoch;
  const int64_t era = (shifted >= 0 ? shifted : shifted - (kDaysOfEra - 1)) / kDaysOfEra;
  const int64_t day_of_era = shifted - era * kDaysOfEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  AppendNumber(to, year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
  to.push_back('-');
  AppendNumber(to, month, 2);
  to.push_back('-');
  AppendNumber(to, day, 2);
}

void AppendIsoTime(std::string& to, int64_t micros_of_day) {
  unsigned digits = kFractionDigits;
  int64_t fraction = micros_of_day % kSecond;
  while (digits > 0 && fraction % 10 == 0) {
    fraction /= 10;
    --digits;
  }
  AppendIsoTime(to, micros_of_day, digits);
}

void AppendIsoTime(std::string& to, int64_t micros_of_day, unsigned digits) {
  const int64_t seconds = micros_of_day / kSecond;
  AppendNumber(to, seconds / 3600, 2);
  to.push_back(':');
  AppendNumber(to, seconds / 60 % 60, 2);
  to.push_back(':');
  AppendNumber(to, seconds % 60, 2);
  if (digits == 0) return;
  int64_t fraction = micros_of_day % kSecond;
  for (unsigned i = digits; i < kFractionDigits; ++i) fraction /= 10;
  to.push_back('.');
  AppendNumber(to, fraction, digits);
}

}  // namespace millrace::kafka
