// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "condition/condition.h"
#include "schema/table_version.h"

namespace millrace::condition {

// How values of a column are compared, and the C++ type of its Value.
enum class ValueType : uint8_t {
  kSigned,     // int64_t
  kUnsigned,   // uint64_t
  kYear,       // uint64_t
  kBit,        // uint64_t
  kFloat,      // double, not rounded to a FLOAT: `f = 0.1` is false for a FLOAT, as in SQL
  kDouble,     // double
  kDecimal,    // std::string: `-12.5`, without redundant zeros
  kText,       // std::string, UTF-8: compared by the column's collation
  kBytes,      // std::string
  kEnum,       // std::string: a label, or empty for a value without a label
  kSet,        // std::string: labels in the column's order, separated by commas
  kDate,       // std::string: `2024-01-31`
  kTime,       // std::string: `-12:34:56.789`, without trailing zeros in the fraction
  kDateTime,   // std::string: `2024-01-31 12:34:56.789`
  kTimestamp,  // std::string: like kDateTime, in UTC
  kUuid,       // std::string in lower case
  kInet4,      // std::string
  kInet6,      // std::string as inet_ntop prints it
  kOpaque,     // no Value: GEOMETRY, and JSON and VECTOR of MySQL; only IS [NOT] NULL
};

using Value = std::variant<int64_t, uint64_t, double, std::string>;

ValueType ValueTypeOf(const schema::Column& column);

// True for types with <, <=, >, >= and BETWEEN.
bool HasOrder(ValueType type);
// True for types with LIKE.
bool HasPattern(ValueType type);

// True for types whose literals are numbers or bytes.
bool IsWrittenWithoutQuotes(ValueType type);

// Turns the literal into a value of the column, without any conversion that could change it. The
// error has no reason yet; its message says why the literal does not fit: `is not an integer`.
absl::StatusOr<Value> FitValue(const Literal& literal, const schema::Column& column);

// Turns the literal and its escape character into a pattern with these special characters: `%`
// matches any run of characters, `_` one character, a backslash escapes the next one. Errors as in
// FitValue.
absl::StatusOr<std::string> FitPattern(const Literal& literal, char escape,
                                       const schema::Column& column);

}  // namespace millrace::condition
