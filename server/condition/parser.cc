// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "condition/condition.h"
#include "condition/errors.h"
#include "condition/lexer.h"
#include "fmt/format.h"
#include "model/charset.h"
#include "model/quoted.h"

namespace millrace::condition {
namespace {

constexpr size_t kShownBytes = 40;

struct ComparisonSymbol {
  std::string_view text;
  Comparison comparison;
};
constexpr std::array<ComparisonSymbol, 8> kComparisons = {{
    {"=", Comparison::kEqual},
    {"<>", Comparison::kNotEqual},
    {"!=", Comparison::kNotEqual},
    {"<", Comparison::kLess},
    {"<=", Comparison::kLessOrEqual},
    {">", Comparison::kGreater},
    {">=", Comparison::kGreaterOrEqual},
    {"<=>", Comparison::kNullSafeEqual},
}};

std::optional<Comparison> ComparisonOf(const Token& token) {
  for (const ComparisonSymbol& known : kComparisons) {
    if (token.IsSymbol(known.text)) return known.comparison;
  }
  return std::nullopt;
}

std::optional<Literal::Kind> KindOfWord(const Token& token) {
  if (token.IsWord("TRUE")) return Literal::Kind::kTrue;
  if (token.IsWord("FALSE")) return Literal::Kind::kFalse;
  if (token.IsWord("NULL")) return Literal::Kind::kNull;
  return std::nullopt;
}

// The kind of a string after DATE, TIME or TIMESTAMP.
std::optional<Literal::Kind> TemporalKindOf(const Token& token) {
  if (token.IsWord("DATE")) return Literal::Kind::kDate;
  if (token.IsWord("TIME")) return Literal::Kind::kTime;
  if (token.IsWord("TIMESTAMP")) return Literal::Kind::kTimestamp;
  return std::nullopt;
}

std::optional<Literal::Kind> KindOfToken(Token::Kind kind) {
  switch (kind) {
    case Token::Kind::kNumber:
      return Literal::Kind::kNumber;
    case Token::Kind::kString:
      return Literal::Kind::kString;
    case Token::Kind::kBytes:
      return Literal::Kind::kBytes;
    default:
      return std::nullopt;
  }
}

std::string Shown(const Token& token) {
  return token.kind == Token::Kind::kEnd ? "the end" : Quoted(token.written, kShownBytes);
}

Condition OfKind(ConditionKind kind) {
  Condition condition;
  condition.kind = kind;
  return condition;
}

// A recursive descent parser; `token_` is the current token.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  absl::StatusOr<Condition> ParseAll();
  absl::StatusOr<Literal> ParseOneLiteral();

 private:
  absl::StatusOr<Condition> ParseOr();
  absl::StatusOr<Condition> ParseAnd();
  absl::StatusOr<Condition> ParseNot();
  absl::StatusOr<Condition> ParsePrimary();
  absl::StatusOr<Condition> ParsePredicate();
  absl::Status ParseOperator(Condition& predicate);
  absl::Status ParseIs(Condition& predicate);
  absl::Status ParseIn(Condition& predicate);
  absl::Status ParseBetween(Condition& predicate);
  absl::Status ParseLike(Condition& predicate);
  absl::StatusOr<Literal> TakeLiteral();
  absl::StatusOr<char> TakeEscape();

  absl::Status Advance();
  // If the keyword is next: skips it and returns true.
  absl::StatusOr<bool> TakeWord(std::string_view word);
  absl::Status TakeSymbol(std::string_view symbol, std::string_view what);
  absl::Status CountNode();
  absl::Status Enter();
  void Leave() { --depth_; }
  absl::Status Expected(std::string_view what) const {
    return InvalidAt(token_.offset, fmt::format("expected {}, found {}", what, Shown(token_)));
  }

  Lexer lexer_;
  Token token_;
  size_t nodes_ = 0;
  size_t depth_ = 0;
};

absl::Status Parser::Advance() {
  MILLRACE_ASSIGN_OR_RETURN(token_, lexer_.Next());
  return absl::OkStatus();
}

absl::StatusOr<bool> Parser::TakeWord(std::string_view word) {
  if (!token_.IsWord(word)) return false;
  MILLRACE_RETURN_IF_ERROR(Advance());
  return true;
}

absl::Status Parser::TakeSymbol(std::string_view symbol, std::string_view what) {
  return token_.IsSymbol(symbol) ? Advance() : Expected(what);
}

absl::Status Parser::CountNode() {
  if (++nodes_ <= kNodesMax) return absl::OkStatus();
  return InvalidAt(token_.offset,
                   fmt::format("expected at most {} comparisons and values: read the table in "
                               "several snapshots",
                               kNodesMax));
}

absl::Status Parser::Enter() {
  if (++depth_ <= kDepthMax) return CountNode();
  return InvalidAt(token_.offset,
                   fmt::format("expected at most {} nested parentheses and NOT", kDepthMax));
}

absl::StatusOr<Condition> Parser::ParseAll() {
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_ASSIGN_OR_RETURN(Condition condition, ParseOr());
  if (token_.kind == Token::Kind::kEnd) return condition;
  return Expected("AND, OR or the end");
}

absl::StatusOr<Literal> Parser::ParseOneLiteral() {
  MILLRACE_RETURN_IF_ERROR(Advance());
  if (token_.kind != Token::Kind::kNumber && token_.kind != Token::Kind::kBytes) {
    return Expected("a number, or bytes as 0x00ff");
  }
  MILLRACE_ASSIGN_OR_RETURN(Literal literal, TakeLiteral());
  if (token_.kind != Token::Kind::kEnd) return Expected("nothing after the value");
  return literal;
}

absl::StatusOr<Condition> Parser::ParseOr() {
  MILLRACE_ASSIGN_OR_RETURN(Condition first, ParseAnd());
  if (!token_.IsWord("OR")) return first;
  MILLRACE_RETURN_IF_ERROR(CountNode());
  Condition all = OfKind(ConditionKind::kOr);
  all.children.push_back(std::move(first));
  while (token_.IsWord("OR")) {
    MILLRACE_RETURN_IF_ERROR(Advance());
    MILLRACE_ASSIGN_OR_RETURN(Condition next, ParseAnd());
    all.children.push_back(std::move(next));
  }
  return all;
}

absl::StatusOr<Condition> Parser::ParseAnd() {
  MILLRACE_ASSIGN_OR_RETURN(Condition first, ParseNot());
  if (!token_.IsWord("AND")) return first;
  MILLRACE_RETURN_IF_ERROR(CountNode());
  Condition all = OfKind(ConditionKind::kAnd);
  all.children.push_back(std::move(first));
  while (token_.IsWord("AND")) {
    MILLRACE_RETURN_IF_ERROR(Advance());
    MILLRACE_ASSIGN_OR_RETURN(Condition next, ParseNot());
    all.children.push_back(std::move(next));
  }
  return all;
}

absl::StatusOr<Condition> Parser::ParseNot() {
  if (!token_.IsWord("NOT")) return ParsePrimary();
  MILLRACE_RETURN_IF_ERROR(Enter());
  MILLRACE_RETURN_IF_ERROR(Advance());
  Condition negation = OfKind(ConditionKind::kNot);
  MILLRACE_ASSIGN_OR_RETURN(Condition negated, ParseNot());
  negation.children.push_back(std::move(negated));
  Leave();
  return negation;
}

absl::StatusOr<Condition> Parser::ParsePrimary() {
  if (!token_.IsSymbol("(")) return ParsePredicate();
  MILLRACE_RETURN_IF_ERROR(Enter());
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_ASSIGN_OR_RETURN(Condition inner, ParseOr());
  MILLRACE_RETURN_IF_ERROR(TakeSymbol(")", "AND, OR or ')'"));
  Leave();
  return inner;
}

absl::StatusOr<Condition> Parser::ParsePredicate() {
  MILLRACE_RETURN_IF_ERROR(CountNode());
  const bool plain = token_.kind == Token::Kind::kName && !IsReservedWord(token_.text);
  if (!plain && token_.kind != Token::Kind::kQuotedName) {
    return Expected("a column, NOT or '('");
  }
  Condition predicate = OfKind(ConditionKind::kCompare);
  predicate.column = token_.text;
  predicate.offset = token_.offset;
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_RETURN_IF_ERROR(ParseOperator(predicate));
  return predicate;
}

absl::Status Parser::ParseOperator(Condition& predicate) {
  if (const auto comparison = ComparisonOf(token_); comparison.has_value()) {
    predicate.comparison = *comparison;
    MILLRACE_RETURN_IF_ERROR(Advance());
    MILLRACE_ASSIGN_OR_RETURN(Literal literal, TakeLiteral());
    predicate.literals.push_back(std::move(literal));
    return absl::OkStatus();
  }
  if (token_.IsWord("IS")) return ParseIs(predicate);
  MILLRACE_ASSIGN_OR_RETURN(predicate.negated, TakeWord("NOT"));
  if (token_.IsWord("IN")) return ParseIn(predicate);
  if (token_.IsWord("BETWEEN")) return ParseBetween(predicate);
  if (token_.IsWord("LIKE")) return ParseLike(predicate);
  if (predicate.negated) return Expected("IN, BETWEEN or LIKE");
  if (token_.IsSymbol("(")) return Expected("a comparison after a column (there are no functions)");
  return Expected("a comparison, IN, BETWEEN, LIKE, IS or NOT after a column");
}

absl::Status Parser::ParseIs(Condition& predicate) {
  predicate.kind = ConditionKind::kIsNull;
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_ASSIGN_OR_RETURN(predicate.negated, TakeWord("NOT"));
  return token_.IsWord("NULL") ? Advance() : Expected("NULL");
}

absl::Status Parser::ParseIn(Condition& predicate) {
  predicate.kind = ConditionKind::kIn;
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_RETURN_IF_ERROR(TakeSymbol("(", "'(' and a list of values"));
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(Literal literal, TakeLiteral());
    predicate.literals.push_back(std::move(literal));
    if (!token_.IsSymbol(",")) return TakeSymbol(")", "',' or ')'");
    MILLRACE_RETURN_IF_ERROR(Advance());
  }
}

absl::Status Parser::ParseBetween(Condition& predicate) {
  predicate.kind = ConditionKind::kBetween;
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_ASSIGN_OR_RETURN(Literal least, TakeLiteral());
  if (!token_.IsWord("AND")) return Expected("AND and the greatest value of BETWEEN");
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_ASSIGN_OR_RETURN(Literal greatest, TakeLiteral());
  predicate.literals = {std::move(least), std::move(greatest)};
  return absl::OkStatus();
}

absl::Status Parser::ParseLike(Condition& predicate) {
  predicate.kind = ConditionKind::kLike;
  MILLRACE_RETURN_IF_ERROR(Advance());
  MILLRACE_ASSIGN_OR_RETURN(Literal pattern, TakeLiteral());
  predicate.literals.push_back(std::move(pattern));
  MILLRACE_ASSIGN_OR_RETURN(const bool has_escape, TakeWord("ESCAPE"));
  if (!has_escape) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(predicate.escape, TakeEscape());
  return absl::OkStatus();
}

absl::StatusOr<char> Parser::TakeEscape() {
  const std::string& text = token_.text;
  const bool fits = token_.kind == Token::Kind::kString && text.size() == 1 && text[0] > ' ' &&
                    text[0] != '%' && text[0] != '_' && text[0] != '\x7f';
  if (!fits) return Expected("one printable ASCII character other than % and _ in quotes");
  const char escape = text[0];
  MILLRACE_RETURN_IF_ERROR(Advance());
  return escape;
}

absl::StatusOr<Literal> Parser::TakeLiteral() {
  MILLRACE_RETURN_IF_ERROR(CountNode());
  Literal literal;
  literal.offset = token_.offset;
  if (const auto word = KindOfWord(token_); word.has_value()) {
    literal.kind = *word;
    MILLRACE_RETURN_IF_ERROR(Advance());
    return literal;
  }
  const auto temporal = TemporalKindOf(token_);
  if (temporal.has_value()) {
    MILLRACE_RETURN_IF_ERROR(Advance());
    if (token_.kind != Token::Kind::kString) return Expected("a date or time in quotes");
  }
  const auto kind = KindOfToken(token_.kind);
  if (!kind.has_value()) return Expected("a value: a number, '…', X'…', TRUE, FALSE or NULL");
  literal.kind = temporal.value_or(*kind);
  literal.text = std::move(token_.text);
  MILLRACE_RETURN_IF_ERROR(Advance());
  return literal;
}

// Checks size and encoding of the text.
absl::Status CheckText(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return InvalidAt(kTextBytesMax, fmt::format("expected at most {} bytes, found {}",
                                                kTextBytesMax, text.size()));
  }
  if (!IsValidUtf8(text)) return InvalidAt(0, "expected UTF-8");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Condition> Parse(std::string_view text) {
  MILLRACE_RETURN_IF_ERROR(CheckText(text));
  return Parser(text).ParseAll();
}

absl::StatusOr<Literal> ParseLiteral(std::string_view text) {
  MILLRACE_RETURN_IF_ERROR(CheckText(text));
  return Parser(text).ParseOneLiteral();
}

}  // namespace millrace::condition
