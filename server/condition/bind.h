// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "condition/condition.h"
#include "condition/value.h"
#include "model/table_name.h"
#include "schema/table_version.h"

namespace millrace::condition {

// The columns that a condition may name: those of `columns` that are captured. The table and the
// columns must outlive this object.
struct TableColumns {
  const TableName& table;
  std::span<const schema::Column> columns;
};

// A condition on the columns of one table version, ready to be evaluated without parsing text or
// looking up names. Values are compared by the column's collation.
struct BoundCondition {
  ConditionKind kind = ConditionKind::kAnd;
  bool negated = false;  // as Condition::negated
  std::vector<BoundCondition> children;

  // Only for predicates: the index of the column, and values of its type. `<=> NULL` becomes
  // kIsNull.
  size_t column = 0;
  ValueType type = ValueType::kOpaque;
  Comparison comparison = Comparison::kEqual;
  // As Condition::literals. For kLike the std::string that FitPattern returns.
  std::vector<Value> values;
};

// Every name must be a captured column, every literal a value of its column, and every operator
// must be supported by the column's type. kInvalidArgument CONDITION_INVALID names the violation,
// with metadata `table`, `offset` and `column`. The error is the same for an uncaptured column and
// a missing one.
absl::StatusOr<BoundCondition> Bind(const Condition& condition, const TableColumns& table);

// Binds `column comparison value`, where `text` is the value without quotes: a number, 0x00ff for
// bytes, the text itself for any other type. Errors as in Bind and ParseLiteral, with the offset in
// `text`.
absl::StatusOr<BoundCondition> BindValue(std::string_view column, Comparison comparison,
                                         std::string_view text, const TableColumns& table);

}  // namespace millrace::condition
