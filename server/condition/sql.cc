// SPDX-License-Identifier: Apache-2.0

#include "condition/sql.h"

#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace millrace::condition {
namespace {

using schema::Column;

std::string QuotedColumn(const Column& column) {
  std::string quoted = "`";
  for (const char c : column.name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted + '`';
}

std::string HexSql(const std::string& bytes) {
  return fmt::format("X'{}'", absl::BytesToHexString(bytes));
}

// With an exponent the literal is a DOUBLE, otherwise a DECIMAL.
std::string DoubleSql(double number) {
  const std::string text = fmt::format("{}", number);
  return text.find('e') == std::string::npos ? text + "e0" : text;
}

// Values of dates, times and addresses contain only digits, letters and `-:. `.
std::string TextSql(const BoundCondition& predicate, const std::string& text) {
  switch (predicate.type) {
    case ValueType::kText:
    case ValueType::kEnum:
    case ValueType::kSet:
      // Any column's collation takes precedence over a literal's.
      return "_utf8mb4 " + HexSql(text);
    case ValueType::kBytes:
      return HexSql(text);
    case ValueType::kDecimal:
      return text;
    default:
      return fmt::format("'{}'", text);
  }
}

std::string ValueSql(const BoundCondition& predicate, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return TextSql(predicate, *text);
  if (const auto* number = std::get_if<double>(&value)) return DoubleSql(*number);
  if (const auto* number = std::get_if<uint64_t>(&value)) return fmt::format("{}", *number);
  return fmt::format("{}", std::get<int64_t>(value));
}

std::string ListSql(const BoundCondition& predicate) {
  std::string list;
  for (const Value& value : predicate.values) {
    if (!list.empty()) list += ", ";
    list += ValueSql(predicate, value);
  }
  return list;
}

std::string JoinedSql(const BoundCondition& condition, std::string_view word,
                      std::span<const Column> columns) {
  std::string joined;
  for (const BoundCondition& child : condition.children) {
    if (!joined.empty()) joined += word;
    joined += '(' + ToSql(child, columns) + ')';
  }
  return joined;
}

// A FLOAT is compared as a DOUBLE and without an index, because the servers would round the literal
// to the keys of an index.
std::string OperandSql(const BoundCondition& predicate, const Column& column) {
  const std::string name = QuotedColumn(column);
  const bool rounds =
      predicate.type == ValueType::kFloat && predicate.kind != ConditionKind::kIsNull;
  return rounds ? fmt::format("({} * 1e0)", name) : name;
}

// IS NULL also matches the zero dates of a NOT NULL column on the servers, so dates use `<=>`.
std::string IsNullSql(const BoundCondition& predicate, const std::string& operand) {
  const bool is_date = predicate.type == ValueType::kDate || predicate.type == ValueType::kDateTime;
  const std::string_view negation = predicate.negated ? "NOT " : "";
  return is_date ? fmt::format("{}({} <=> NULL)", negation, operand)
                 : fmt::format("{} IS {}NULL", operand, negation);
}

}  // namespace

std::string ToSql(const BoundCondition& condition, std::span<const Column> columns) {
  if (condition.kind == ConditionKind::kAnd) return JoinedSql(condition, " AND ", columns);
  if (condition.kind == ConditionKind::kOr) return JoinedSql(condition, " OR ", columns);
  if (condition.kind == ConditionKind::kNot) {
    return fmt::format("NOT ({})", ToSql(condition.children.front(), columns));
  }
  const std::string operand = OperandSql(condition, columns[condition.column]);
  const std::string_view negation = condition.negated ? "NOT " : "";
  switch (condition.kind) {
    case ConditionKind::kIsNull:
      return IsNullSql(condition, operand);
    case ConditionKind::kIn:
      return fmt::format("{} {}IN ({})", operand, negation, ListSql(condition));
    case ConditionKind::kBetween:
      return fmt::format("{} {}BETWEEN {} AND {}", operand, negation,
                         ValueSql(condition, condition.values[0]),
                         ValueSql(condition, condition.values[1]));
    case ConditionKind::kLike:
      return fmt::format(R"({} {}LIKE {} ESCAPE X'5C')", operand, negation,
                         ValueSql(condition, condition.values[0]));
    default:
      return fmt::format("{} {} {}", operand, ComparisonText(condition.comparison),
                         ValueSql(condition, condition.values[0]));
  }
}

}  // namespace millrace::condition
