// SPDX-License-Identifier: Apache-2.0

#include <array>

#include "absl/strings/escaping.h"
#include "condition/condition.h"
#include "condition/lexer.h"
#include "fmt/format.h"

namespace millrace::condition {
namespace {

std::string PrintString(std::string_view text) {
  std::string printed = "'";
  for (const char c : text) {
    switch (c) {
      case '\'':
        printed += "''";
        break;
      case '\\':
        printed += R"(\\)";
        break;
      case '\0':
        printed += R"(\0)";
        break;
      case '\n':
        printed += R"(\n)";
        break;
      case '\r':
        printed += R"(\r)";
        break;
      default:
        printed += c;
    }
  }
  return printed + "'";
}

std::string PrintName(std::string_view name) {
  if (IsPlainName(name)) return std::string(name);
  std::string printed = "`";
  for (const char c : name) printed.append(c == '`' ? 2 : 1, c);
  return printed + '`';
}

// The child, in parentheses if it needs them.
std::string PrintChild(const Condition& child) {
  const bool composed = child.kind == ConditionKind::kAnd || child.kind == ConditionKind::kOr;
  return composed ? fmt::format("({})", Print(child)) : Print(child);
}

std::string PrintJoined(const Condition& condition, std::string_view word) {
  std::string printed;
  for (const Condition& child : condition.children) {
    if (!printed.empty()) printed += word;
    printed += PrintChild(child);
  }
  return printed;
}

std::string PrintList(const std::vector<Literal>& literals) {
  std::string printed;
  for (const Literal& literal : literals) {
    if (!printed.empty()) printed += ", ";
    printed += Print(literal);
  }
  return printed;
}

std::string PrintLike(const Condition& like) {
  std::string printed = "LIKE " + Print(like.literals.front());
  if (like.escape != '\\') printed += " ESCAPE " + PrintString({&like.escape, 1});
  return printed;
}

// The part after the column.
std::string PrintOperator(const Condition& predicate) {
  const std::string_view negation = predicate.negated ? "NOT " : "";
  switch (predicate.kind) {
    case ConditionKind::kIsNull:
      return fmt::format("IS {}NULL", negation);
    case ConditionKind::kIn:
      return fmt::format("{}IN ({})", negation, PrintList(predicate.literals));
    case ConditionKind::kBetween:
      return fmt::format("{}BETWEEN {} AND {}", negation, Print(predicate.literals[0]),
                         Print(predicate.literals[1]));
    case ConditionKind::kLike:
      return fmt::format("{}{}", negation, PrintLike(predicate));
    default:
      return fmt::format("{} {}", ComparisonText(predicate.comparison),
                         Print(predicate.literals.front()));
  }
}

}  // namespace

std::string_view ComparisonText(Comparison comparison) {
  constexpr std::array<std::string_view, 7> kTexts = {"=", "<>", "<", "<=", ">", ">=", "<=>"};
  return kTexts.at(static_cast<size_t>(comparison));
}

bool operator==(const Condition& a, const Condition& b) {
  return a.kind == b.kind && a.negated == b.negated && a.children == b.children &&
         a.column == b.column && a.comparison == b.comparison && a.literals == b.literals &&
         a.escape == b.escape;
}

std::string Print(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::kNumber:
      return literal.text;
    case Literal::Kind::kString:
      return PrintString(literal.text);
    case Literal::Kind::kBytes:
      return fmt::format("X'{}'", absl::BytesToHexString(literal.text));
    case Literal::Kind::kTrue:
      return "TRUE";
    case Literal::Kind::kFalse:
      return "FALSE";
    case Literal::Kind::kNull:
      return "NULL";
    case Literal::Kind::kDate:
      return "DATE " + PrintString(literal.text);
    case Literal::Kind::kTime:
      return "TIME " + PrintString(literal.text);
    case Literal::Kind::kTimestamp:
      return "TIMESTAMP " + PrintString(literal.text);
  }
  return {};
}

std::string Print(const Condition& condition) {
  switch (condition.kind) {
    case ConditionKind::kAnd:
      return PrintJoined(condition, " AND ");
    case ConditionKind::kOr:
      return PrintJoined(condition, " OR ");
    case ConditionKind::kNot:
      return "NOT " + PrintChild(condition.children.front());
    default:
      return fmt::format("{} {}", PrintName(condition.column), PrintOperator(condition));
  }
}

}  // namespace millrace::condition
