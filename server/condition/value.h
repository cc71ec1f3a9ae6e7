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

// How values of a column are compared, and what a Value of it holds.
enum class ValueType : uint8_t {
  kSigned,     // int64_t
  kUnsigned,   // uint64_t
  kYear,       // uint64_t
  kBit,        // uint64_t
  kFloat,      // double, not rounded to a FLOAT: `f = 0.1` is false for a FLOAT, as in SQL
  kDouble,     // double
  kDecimal,    // std::string: `-12.5`, without zeros that mean nothing
  kText,       // std::string, UTF-8: compared by the column's collation
  kBytes,      // std::string
  kEnum,       // std::string: a label, or the empty text of no label
  kSet,        // std::string: labels in their order with commas between them
  kDate,       // std::string: `2024-01-31`
  kTime,       // std::string: `-12:34:56.789`; the fraction ends without zeros
  kDateTime,   // std::string: `2024-01-31 12:34:56.789`
  kTimestamp,  // std::string: the same in UTC
  kUuid,       // std::string in lower case
  kInet4,      // std::string
  kInet6,      // std::string as inet_ntop prints it
  kOpaque,     // nothing: GEOMETRY, JSON, VECTOR are compared with NULL alone
};

using Value = std::variant<int64_t, uint64_t, double, std::string>;

ValueType ValueTypeOf(const schema::Column& column);

// False for types whose values have no order in a condition.
bool HasOrder(ValueType type);
// True for types that LIKE takes.
bool HasPattern(ValueType type);

// True for types whose literals are numbers or bytes.
bool IsWrittenWithoutQuotes(ValueType type);

// The literal as a value of the column, without any conversion that could change it. The error has
// no reason; its message says why the literal does not fit, as `3.5 is no whole number`.
absl::StatusOr<Value> FitValue(const Literal& literal, const schema::Column& column);

// The literal, with its escape character, as a pattern in which `%` is any run of characters, `_`
// one character, and a backslash makes the next one ordinary. Errors as FitValue.
absl::StatusOr<std::string> FitPattern(const Literal& literal, char escape,
                                       const schema::Column& column);

}  // namespace millrace::condition
