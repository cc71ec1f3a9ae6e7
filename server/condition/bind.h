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

// The columns that a condition may name: the captured ones of these. Views what it is made of.
struct TableColumns {
  const TableName& table;
  std::span<const schema::Column> columns;
};

// A condition over the columns of one table version. It holds whatever evaluates it needs: no text
// is parsed and no name is looked up any more. Two values of a column are equal if the column says
// so, that is by its collation.
struct BoundCondition {
  ConditionKind kind = ConditionKind::kAnd;
  bool negated = false;  // as Condition
  std::vector<BoundCondition> children;

  // Of predicates only: the column by its index, and values of its type. `<=> NULL` is
  // kIsNull.
  size_t column = 0;
  ValueType type = ValueType::kOpaque;
  Comparison comparison = Comparison::kEqual;
  // As Condition::literals. Of kLike a std::string as FitPattern makes it.
  std::vector<Value> values;
};

// Every name must be a captured column, every literal a value of its column, and the column's type
// must have the operator. kInvalidArgument CONDITION_INVALID names what does not fit, with metadata
// `table`, `offset` and `column`. A column that is not captured is refused in the same words as one
// that does not exist.
absl::StatusOr<BoundCondition> Bind(const Condition& condition, const TableColumns& table);

// `column comparison value`, where `text` is the value without quotes: a number, 0x00ff for bytes,
// and for any other type the text itself. Errors as Bind, with offset 0.
absl::StatusOr<BoundCondition> BindValue(std::string_view column, Comparison comparison,
                                         std::string_view text, const TableColumns& table);

}  // namespace millrace::condition
