// SPDX-License-Identifier: Apache-2.0

#include "condition/temporal_literal.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "base/error.h"
#include "condition/errors.h"
#include "fmt/format.h"

namespace millrace::condition {
namespace {

constexpr size_t kFractionDigitsMax = 6;
constexpr unsigned kTimeHoursMax = 838;
constexpr std::string_view kZeroTimestamp = "0000-00-00 00:00:00";

// Takes the digits at the start of `text`, at least `least` and at most `most` of them.
std::optional<unsigned> TakeDigits(std::string_view& text, size_t least, size_t most) {
  unsigned number = 0;
  size_t digits = 0;
  while (digits < most && digits < text.size() && absl::ascii_isdigit(text[digits])) {
    number = number * 10 + static_cast<unsigned>(text[digits] - '0');
    ++digits;
  }
  if (digits < least) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool TakeCharacter(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Takes a date such as `2024-01-31`. Any part may be zero, and the day up to 31 in any month.
std::optional<std::string> TakeDate(std::string_view& text) {
  const auto year = TakeDigits(text, 4, 4);
  if (!year.has_value() || !TakeCharacter(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 2, 2);
  if (!month.has_value() || *month > 12 || !TakeCharacter(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 2, 2);
  if (!day.has_value() || *day > 31) return std::nullopt;
  return fmt::format("{:04}-{:02}-{:02}", *year, *month, *day);
}

// Takes a time such as `12:34:56` with hours up to `hours_max`, which may have three digits.
std::optional<std::string> TakeClock(std::string_view& text, unsigned hours_max) {
  const auto hours = TakeDigits(text, 2, 3);
  if (!hours.has_value() || *hours > hours_max || !TakeCharacter(text, ':')) return std::nullopt;
  const auto minutes = TakeDigits(text, 2, 2);
  if (!minutes.has_value() || *minutes > 59 || !TakeCharacter(text, ':')) return std::nullopt;
  const auto seconds = TakeDigits(text, 2, 2);
  if (!seconds.has_value() || *seconds > 59) return std::nullopt;
  return fmt::format("{:02}:{:02}:{:02}", *hours, *minutes, *seconds);
}

// Takes the rest of the text: a fraction such as `.123`, or nothing. The result has no trailing
// zeros.
std::optional<std::string> TakeFraction(std::string_view& text) {
  if (text.empty()) return "";
  if (!TakeCharacter(text, '.')) return std::nullopt;
  std::string_view digits = text;
  if (!TakeDigits(text, 1, kFractionDigitsMax).has_value() || !text.empty()) return std::nullopt;
  while (digits.ends_with('0')) digits.remove_suffix(1);
  return digits.empty() ? "" : fmt::format(".{}", digits);
}

// Digits of the fraction in values of the column.
size_t FractionDigitsOf(const schema::Column& column) {
  switch (column.type) {
    case ColumnType::kTime2:
    case ColumnType::kDateTime2:
    case ColumnType::kTimestamp2:
      return column.metadata;
    default:
      // The binlog does not show the fraction of MariaDB's older formats.
      return kFractionDigitsMax;
  }
}

absl::StatusOr<Value> WithFraction(const std::string& text, std::string_view rest,
                                   const schema::Column& column, std::string_view form) {
  const auto fraction = TakeFraction(rest);
  if (!fraction.has_value()) return DoesNotFit(form);
  const size_t digits_max = FractionDigitsOf(column);
  if (!fraction->empty() && fraction->size() - 1 > digits_max) {
    return DoesNotFit(fmt::format("has more than {} digits in its fraction", digits_max));
  }
  return Value(text + *fraction);
}

absl::StatusOr<Value> FitDate(std::string_view text) {
  auto date = TakeDate(text);
  if (!date.has_value() || !text.empty()) return DoesNotFit("is not a date like '2024-01-31'");
  return Value(*std::move(date));
}

absl::StatusOr<Value> FitTime(std::string_view text, const schema::Column& column) {
  constexpr std::string_view kForm = "is not a time like '-12:34:56.789', up to 838:59:59";
  const bool negative = TakeCharacter(text, '-');
  const auto clock = TakeClock(text, kTimeHoursMax);
  if (!clock.has_value()) return DoesNotFit(kForm);
  MILLRACE_ASSIGN_OR_RETURN(const Value value, WithFraction(*clock, text, column, kForm));
  const auto& time = std::get<std::string>(value);
  // MySQL allows no fraction at the greatest time: it would read a different value.
  if (time.starts_with("838:59:59.") && time.find_first_of("123456789", 10) != std::string::npos) {
    return DoesNotFit(kForm);
  }
  const bool zero = time.find_first_of("123456789") == std::string::npos;
  return Value(negative && !zero ? "-" + time : time);
}

absl::StatusOr<Value> FitDateTime(std::string_view text, bool needs_time,
                                  const schema::Column& column) {
  constexpr std::string_view kForm = "is not a date and time like '2024-01-31 12:34:56.789'";
  const auto date = TakeDate(text);
  if (!date.has_value()) return DoesNotFit(kForm);
  if (text.empty() && !needs_time) return Value(*date + " 00:00:00");
  if (!TakeCharacter(text, ' ')) return DoesNotFit(kForm);
  const auto clock = TakeClock(text, 23);
  if (!clock.has_value()) return DoesNotFit(kForm);
  return WithFraction(*date + " " + *clock, text, column, kForm);
}

bool IsRealDate(unsigned year, unsigned month, unsigned day) {
  if (month == 0 || day == 0) return false;
  if (month == 2) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= (leap ? 29U : 28U);
  }
  const bool short_month = month == 4 || month == 6 || month == 9 || month == 11;
  return day <= (short_month ? 30U : 31U);
}

// True for the zero value, and for times whose seconds since 1970 fit into 32 unsigned bits.
bool IsTimestamp(std::string_view text) {
  if (text == kZeroTimestamp) return true;
  std::string_view rest = text;
  const unsigned year = TakeDigits(rest, 4, 4).value_or(0);
  rest.remove_prefix(1);
  const unsigned month = TakeDigits(rest, 2, 2).value_or(0);
  rest.remove_prefix(1);
  const unsigned day = TakeDigits(rest, 2, 2).value_or(0);
  return IsRealDate(year, month, day) && text >= "1970-01-01 00:00:01" &&
         text < "2106-02-07 06:28:16";
}

absl::StatusOr<Value> FitTimestamp(std::string_view text, bool needs_time,
                                   const schema::Column& column) {
  MILLRACE_ASSIGN_OR_RETURN(Value value, FitDateTime(text, needs_time, column));
  if (IsTimestamp(std::get<std::string>(value))) return value;
  return DoesNotFit("is not a time from 1970-01-01 00:00:01 to 2106-02-07 06:28:15 UTC");
}

}  // namespace

absl::StatusOr<Value> FitTemporal(const Literal& literal, const schema::Column& column) {
  using Kind = Literal::Kind;
  const ValueType type = ValueTypeOf(column);
  Kind matching_kind = Kind::kTimestamp;
  if (type == ValueType::kDate) matching_kind = Kind::kDate;
  if (type == ValueType::kTime) matching_kind = Kind::kTime;
  if (literal.kind != Kind::kString && literal.kind != matching_kind) {
    return DoesNotFit("has another type: write a string in the form of the column's type");
  }
  if (type == ValueType::kDate) return FitDate(literal.text);
  if (type == ValueType::kTime) return FitTime(literal.text, column);
  const bool typed = literal.kind == matching_kind;
  if (type == ValueType::kTimestamp) return FitTimestamp(literal.text, typed, column);
  return FitDateTime(literal.text, typed, column);
}

}  // namespace millrace::condition
