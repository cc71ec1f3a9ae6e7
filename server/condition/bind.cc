// SPDX-License-Identifier: Apache-2.0

#include "condition/bind.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "condition/errors.h"
#include "fmt/format.h"
#include "model/charset.h"
#include "model/quoted.h"
#include "schema/definition.h"

namespace millrace::condition {
namespace {

using schema::Column;

// Maximum bytes of a literal in a message.
constexpr size_t kShownLiteralBytes = 60;

bool NeedsOrder(const Condition& predicate) {
  switch (predicate.comparison) {
    case Comparison::kEqual:
    case Comparison::kNotEqual:
    case Comparison::kNullSafeEqual:
      return predicate.kind == ConditionKind::kBetween;
    default:
      return true;
  }
}

// Why the type does not support the predicate; empty if it does.
std::string_view UnsupportedReason(const Condition& predicate, ValueType type) {
  if (predicate.kind == ConditionKind::kIsNull) return "";
  if (type == ValueType::kOpaque) return "supports only IS NULL and IS NOT NULL";
  if (predicate.kind == ConditionKind::kLike)
    return HasPattern(type) ? "" : "does not support LIKE";
  if (!NeedsOrder(predicate) || HasOrder(type)) return "";
  return "has no order: compare it with =, <>, <=>, IN or LIKE";
}

class Binder {
 public:
  explicit Binder(const TableColumns& table) : table_(table) {}

  absl::StatusOr<BoundCondition> Bind(const Condition& condition) const;

 private:
  absl::StatusOr<BoundCondition> BindPredicate(const Condition& predicate) const;
  absl::Status BindLiterals(const Condition& predicate, BoundCondition& bound) const;
  absl::StatusOr<size_t> Find(const Condition& predicate) const;
  absl::Status Invalid(const Condition& predicate, size_t offset, std::string_view problem) const;

  const TableColumns& table_;
};

absl::Status Binder::Invalid(const Condition& predicate, size_t offset,
                             std::string_view problem) const {
  return InvalidAt(offset, problem,
                   {{"table", table_.table.ToString()}, {"column", predicate.column}});
}

absl::StatusOr<size_t> Binder::Find(const Condition& predicate) const {
  for (size_t i = 0; i < table_.columns.size(); ++i) {
    const Column& column = table_.columns[i];
    if (column.captured && schema::SameColumnName(column.name, predicate.column)) return i;
  }
  return Invalid(predicate, predicate.offset,
                 fmt::format("table {} has no captured column {}", table_.table.ToString(),
                             Quoted(predicate.column)));
}

absl::StatusOr<BoundCondition> Binder::Bind(const Condition& condition) const {
  if (condition.children.empty()) return BindPredicate(condition);
  BoundCondition bound;
  bound.kind = condition.kind;
  for (const Condition& child : condition.children) {
    MILLRACE_ASSIGN_OR_RETURN(BoundCondition bound_child, Bind(child));
    bound.children.push_back(std::move(bound_child));
  }
  return bound;
}

absl::StatusOr<BoundCondition> Binder::BindPredicate(const Condition& predicate) const {
  MILLRACE_ASSIGN_OR_RETURN(const size_t index, Find(predicate));
  const Column& column = table_.columns[index];
  BoundCondition bound;
  bound.kind = predicate.kind;
  bound.negated = predicate.negated;
  bound.column = index;
  bound.type = ValueTypeOf(column);
  bound.comparison = predicate.comparison;
  const bool null = predicate.comparison == Comparison::kNullSafeEqual &&
                    predicate.literals.front().kind == Literal::Kind::kNull;
  if (null) {
    bound.kind = ConditionKind::kIsNull;
    return bound;
  }
  if (const std::string_view unsupported = UnsupportedReason(predicate, bound.type);
      !unsupported.empty()) {
    return Invalid(predicate, predicate.offset,
                   fmt::format("column {} of {} has type {}, which {}", Quoted(column.name),
                               table_.table.ToString(), column.mysql_type, unsupported));
  }
  MILLRACE_RETURN_IF_ERROR(BindLiterals(predicate, bound));
  return bound;
}

absl::Status Binder::BindLiterals(const Condition& predicate, BoundCondition& bound) const {
  const Column& column = table_.columns[bound.column];
  for (const Literal& literal : predicate.literals) {
    if (literal.kind == Literal::Kind::kNull) {
      return Invalid(predicate, literal.offset,
                     "nothing equals NULL: write IS NULL, IS NOT NULL or <=> NULL");
    }
    absl::StatusOr<Value> value;
    if (predicate.kind == ConditionKind::kLike) {
      value = FitPattern(literal, predicate.escape, column);
    } else {
      value = FitValue(literal, column);
    }
    if (!value.ok()) {
      return Invalid(predicate, literal.offset,
                     fmt::format("column {} of {} has type {}: {} {}", Quoted(column.name),
                                 table_.table.ToString(), column.mysql_type,
                                 Quoted(Print(literal), kShownLiteralBytes),
                                 std::string(value.status().message())));
    }
    bound.values.push_back(*std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BoundCondition> Bind(const Condition& condition, const TableColumns& table) {
  return Binder(table).Bind(condition);
}

absl::StatusOr<BoundCondition> BindValue(std::string_view column, Comparison comparison,
                                         std::string_view text, const TableColumns& table) {
  if (text.size() > kTextBytesMax || !IsValidUtf8(text)) {
    return InvalidAt(0, fmt::format("expected UTF-8 of at most {} bytes", kTextBytesMax));
  }
  Condition predicate;
  predicate.kind = ConditionKind::kCompare;
  predicate.column = column;
  predicate.comparison = comparison;
  // Without quotes, the kind of literal depends on the column's type.
  Literal literal;
  literal.kind = Literal::Kind::kString;
  literal.text = text;
  const auto found =
      std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& known) {
        return known.captured && schema::SameColumnName(known.name, column);
      });
  if (found != table.columns.end() && IsWrittenWithoutQuotes(ValueTypeOf(*found))) {
    MILLRACE_ASSIGN_OR_RETURN(literal, ParseLiteral(text));
  }
  predicate.literals.push_back(std::move(literal));
  return Bind(predicate, table);
}

}  // namespace millrace::condition
