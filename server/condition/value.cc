// SPDX-License-Identifier: Apache-2.0

#include "condition/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/charconv.h"
#include "base/error.h"
#include "condition/address.h"
#include "condition/errors.h"
#include "condition/temporal_literal.h"
#include "fmt/format.h"
#include "schema/collations.h"
#include "schema/column_type_text.h"

namespace millrace::condition {
namespace {

using schema::Column;

constexpr unsigned kBitsMax = 64;

unsigned BitsOf(ColumnType type) {
  switch (type) {
    case ColumnType::kTiny:
      return 8;
    case ColumnType::kShort:
      return 16;
    case ColumnType::kInt24:
      return 24;
    case ColumnType::kLong:
      return 32;
    default:
      return kBitsMax;
  }
}

// The greatest number with this many bits.
uint64_t MaxOfBits(unsigned bits) {
  return std::numeric_limits<uint64_t>::max() >> (kBitsMax - bits);
}

template <typename Number>
absl::StatusOr<Number> WholeNumber(const Literal& literal, Number least, Number most) {
  if (literal.kind == Literal::Kind::kTrue) return Number{1};
  if (literal.kind == Literal::Kind::kFalse) return Number{0};
  if (literal.kind != Literal::Kind::kNumber) return DoesNotFit("is not a number");
  const std::string_view text = literal.text;
  if (text.find_first_of(".e") != std::string_view::npos) return DoesNotFit("is not an integer");
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool read = error == std::errc() && end == text.data() + text.size();
  if (!read || number < least || number > most) {
    return DoesNotFit(fmt::format("is outside {} to {}", least, most));
  }
  return number;
}

absl::StatusOr<Value> FitSigned(const Literal& literal, const Column& column) {
  const auto most = static_cast<int64_t>(MaxOfBits(BitsOf(column.type) - 1));
  MILLRACE_ASSIGN_OR_RETURN(const int64_t number, WholeNumber<int64_t>(literal, -most - 1, most));
  return Value(number);
}

absl::StatusOr<Value> FitUnsigned(const Literal& literal, uint64_t most) {
  MILLRACE_ASSIGN_OR_RETURN(const uint64_t number, WholeNumber<uint64_t>(literal, 0, most));
  return Value(number);
}

absl::StatusOr<Value> FitYear(const Literal& literal) {
  constexpr uint64_t kFirst = 1901;
  constexpr uint64_t kLast = 2155;
  if (literal.kind != Literal::Kind::kNumber) return DoesNotFit("is not a number");
  MILLRACE_ASSIGN_OR_RETURN(const uint64_t year, WholeNumber<uint64_t>(literal, 0, kLast));
  // The servers read two digits as a year of this or the last century.
  if (year != 0 && year < kFirst) return DoesNotFit("is not a year: write 0, or 1901 to 2155");
  return Value(year);
}

absl::StatusOr<Value> FitBit(const Literal& literal, const Column& column) {
  const uint64_t most = MaxOfBits(std::clamp<unsigned>(column.metadata, 1, kBitsMax));
  if (literal.kind != Literal::Kind::kBytes) return FitUnsigned(literal, most);
  uint64_t number = 0;
  for (const char byte : literal.text) {
    if (number > most >> 8) return DoesNotFit("has more bits than the column");
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  if (number > most) return DoesNotFit("has more bits than the column");
  return Value(number);
}

absl::StatusOr<Value> FitReal(const Literal& literal, double most) {
  if (literal.kind != Literal::Kind::kNumber) return DoesNotFit("is not a number");
  double number = 0;
  const char* const end = literal.text.data() + literal.text.size();
  const auto [after, error] = absl::from_chars(literal.text.data(), end, number);
  if (error != std::errc() || after != end || std::abs(number) > most) {
    return DoesNotFit("is outside the range of the type");
  }
  return Value(number);
}

absl::StatusOr<Value> FitDecimal(const Literal& literal, const Column& column) {
  if (literal.kind != Literal::Kind::kNumber) return DoesNotFit("is not a number");
  std::string_view digits = literal.text;
  if (digits.find('e') != std::string_view::npos) {
    return DoesNotFit("has an exponent: write its digits");
  }
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const size_t point = std::min(digits.find('.'), digits.size());
  std::string_view whole = digits.substr(0, point);
  std::string_view fraction = digits.substr(std::min(point + 1, digits.size()));
  while (whole.starts_with('0')) whole.remove_prefix(1);
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  const size_t scale = column.metadata & 0xff;
  const size_t precision = column.metadata >> 8;
  if (fraction.size() > scale) {
    return DoesNotFit(fmt::format("has more than {} digits after the point", scale));
  }
  if (whole.size() + scale > precision) {
    return DoesNotFit(fmt::format("has more than {} digits before the point", precision - scale));
  }
  const bool zero = whole.empty() && fraction.empty();
  if (negative && !zero && column.is_unsigned) return DoesNotFit("is negative");
  return Value(fmt::format("{}{}{}{}", negative && !zero ? "-" : "", whole.empty() ? "0" : whole,
                           fraction.empty() ? "" : ".", fraction));
}

// Checks only charsets whose range of characters is known here; the source checks the others.
bool CharsetHolds(std::string_view charset, std::string_view text) {
  if (charset == "ascii") {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  }
  if (charset != "utf8mb3" && charset != "ucs2") return true;
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0xf0; });
}

absl::StatusOr<std::string> FitText(const Literal& literal, const Column& column) {
  if (literal.kind != Literal::Kind::kString) return DoesNotFit("is not text: write it in quotes");
  if (CharsetHolds(column.charset, literal.text)) return literal.text;
  return DoesNotFit(fmt::format("has characters that {} lacks", column.charset));
}

absl::StatusOr<std::string> FitBytes(const Literal& literal) {
  if (literal.kind != Literal::Kind::kBytes)
    return DoesNotFit("is not a bytes literal: write X'00ff'");
  return literal.text;
}

absl::StatusOr<Value> FitEnum(const Literal& literal, const Column& column) {
  if (literal.kind != Literal::Kind::kString)
    return DoesNotFit("is not a label: write it in quotes");
  const auto& labels = column.labels;
  const bool known = std::find(labels.begin(), labels.end(), literal.text) != labels.end();
  // A value without a label is printed as an empty text.
  if (known || literal.text.empty()) return Value(literal.text);
  return DoesNotFit("is not one of the column's labels");
}

absl::StatusOr<Value> FitSet(const Literal& literal, const Column& column) {
  if (literal.kind != Literal::Kind::kString)
    return DoesNotFit("is not a list of labels: write them in quotes");
  if (literal.text.empty()) return Value(literal.text);
  std::string_view rest = literal.text;
  auto next = column.labels.begin();
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    next = std::find(next, column.labels.end(), rest.substr(0, comma));
    if (next == column.labels.end()) {
      return DoesNotFit("is not a list of the column's labels in their order, like 'a,b'");
    }
    ++next;
    if (comma == rest.size()) return Value(literal.text);
    rest.remove_prefix(comma + 1);
  }
}

absl::StatusOr<Value> FitAddress(const Literal& literal, std::optional<std::string> address,
                                 std::string_view problem) {
  if (literal.kind != Literal::Kind::kString) return DoesNotFit("is not text: write it in quotes");
  if (!address.has_value()) return DoesNotFit(problem);
  return Value(*std::move(address));
}

ValueType TypeOfText(const Column& column) {
  if (column.type == ColumnType::kEnum) return ValueType::kEnum;
  if (column.type == ColumnType::kSet) return ValueType::kSet;
  switch (column.meaning) {
    case schema::Meaning::kMariadbUuid:
      return ValueType::kUuid;
    case schema::Meaning::kMariadbInet4:
      return ValueType::kInet4;
    case schema::Meaning::kMariadbInet6:
      return ValueType::kInet6;
    default:
      break;
  }
  return column.collation == schema::kBinaryCollation ? ValueType::kBytes : ValueType::kText;
}

}  // namespace

ValueType ValueTypeOf(const Column& column) {
  if (schema::HasCharset(column.type)) return TypeOfText(column);
  if (schema::IsInteger(column.type)) {
    return column.is_unsigned ? ValueType::kUnsigned : ValueType::kSigned;
  }
  switch (column.type) {
    case ColumnType::kYear:
      return ValueType::kYear;
    case ColumnType::kBit:
      return ValueType::kBit;
    case ColumnType::kFloat:
      return ValueType::kFloat;
    case ColumnType::kDouble:
      return ValueType::kDouble;
    case ColumnType::kNewDecimal:
      return ValueType::kDecimal;
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      return ValueType::kDate;
    case ColumnType::kTimeOld:
    case ColumnType::kTime2:
      return ValueType::kTime;
    case ColumnType::kDateTimeOld:
    case ColumnType::kDateTime2:
      return ValueType::kDateTime;
    case ColumnType::kTimestampOld:
    case ColumnType::kTimestamp2:
      return ValueType::kTimestamp;
    default:
      return ValueType::kOpaque;
  }
}

// The servers compare ENUM and SET as text and sort them as numbers.
bool HasOrder(ValueType type) {
  return type != ValueType::kEnum && type != ValueType::kSet && type != ValueType::kOpaque;
}

bool HasPattern(ValueType type) {
  return type == ValueType::kText || type == ValueType::kBytes || type == ValueType::kEnum ||
         type == ValueType::kSet;
}

bool IsWrittenWithoutQuotes(ValueType type) {
  switch (type) {
    case ValueType::kSigned:
    case ValueType::kUnsigned:
    case ValueType::kYear:
    case ValueType::kBit:
    case ValueType::kFloat:
    case ValueType::kDouble:
    case ValueType::kDecimal:
    case ValueType::kBytes:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<Value> FitValue(const Literal& literal, const Column& column) {
  switch (ValueTypeOf(column)) {
    case ValueType::kSigned:
      return FitSigned(literal, column);
    case ValueType::kUnsigned:
      return FitUnsigned(literal, MaxOfBits(BitsOf(column.type)));
    case ValueType::kYear:
      return FitYear(literal);
    case ValueType::kBit:
      return FitBit(literal, column);
    case ValueType::kFloat:
      return FitReal(literal, std::numeric_limits<float>::max());
    case ValueType::kDouble:
      return FitReal(literal, std::numeric_limits<double>::max());
    case ValueType::kDecimal:
      return FitDecimal(literal, column);
    case ValueType::kText:
      return FitText(literal, column);
    case ValueType::kBytes:
      return FitBytes(literal);
    case ValueType::kEnum:
      return FitEnum(literal, column);
    case ValueType::kSet:
      return FitSet(literal, column);
    case ValueType::kDate:
    case ValueType::kTime:
    case ValueType::kDateTime:
    case ValueType::kTimestamp:
      return FitTemporal(literal, column);
    case ValueType::kUuid:
      return FitAddress(literal, UuidText(literal.text), "is not a UUID of 36 characters");
    case ValueType::kInet4:
      return FitAddress(literal, Inet4Text(literal.text), "is not an IPv4 address");
    case ValueType::kInet6:
      return FitAddress(literal, Inet6Text(literal.text), "is not an IPv6 address");
    case ValueType::kOpaque:
      break;
  }
  return DoesNotFit("cannot be compared: this type supports only IS NULL and IS NOT NULL");
}

absl::StatusOr<std::string> FitPattern(const Literal& literal, char escape, const Column& column) {
  const bool bytes = ValueTypeOf(column) == ValueType::kBytes;
  MILLRACE_ASSIGN_OR_RETURN(const std::string written,
                            bytes ? FitBytes(literal) : FitText(literal, column));
  std::string pattern;
  for (size_t i = 0; i < written.size(); ++i) {
    char c = written[i];
    const bool escaped = c == escape;
    if (escaped && ++i == written.size()) return DoesNotFit("ends with its escape character");
    if (escaped) c = written[i];
    const bool special = c == '%' || c == '_' || c == '\\';
    if (special && (escaped || c == '\\')) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern;
}

}  // namespace millrace::condition
