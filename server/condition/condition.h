// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Conditions on the rows of one table, in a small language that looks like the WHERE of SQL. This
// header is the syntax and independent of any table. `bind.h` binds a condition to the columns of a
// table, and `sql.h` writes it as SQL for the source. README.md of this room has the grammar.
namespace millrace::condition {

// Limits of one condition. A list of a few thousand keys fits.
inline constexpr size_t kTextBytesMax = 64 << 10;
// Predicates, literals, AND, OR and NOT together.
inline constexpr size_t kNodesMax = 8192;
// Nesting of parentheses and NOT. Bounds the stack of recursion over the tree.
inline constexpr size_t kDepthMax = 64;

// A constant as written.
struct Literal {
  enum class Kind : uint8_t {
    kNumber,
    kString,
    kBytes,  // X'00ff', 0x00ff
    kTrue,
    kFalse,
    kNull,
    kDate,       // DATE '2024-01-31'
    kTime,       // TIME '10:00:00'
    kTimestamp,  // TIMESTAMP '2024-01-31 10:00:00'
  };
  Kind kind = Kind::kNull;
  // kNumber: `-12.50`, `1e3`, without a plus sign and with a digit before the point. kBytes: the
  // bytes. Strings and times: their UTF-8. Empty for the other kinds.
  std::string text;
  size_t offset = 0;  // in the condition's text

  // Compares the constants; ignores offsets.
  friend bool operator==(const Literal& a, const Literal& b) {
    return a.kind == b.kind && a.text == b.text;
  }
};

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kNullSafeEqual,
};

// `=`, `<>` and so on.
std::string_view ComparisonText(Comparison comparison);

enum class ConditionKind : uint8_t {
  kAnd,  // two or more children
  kOr,   // two or more children
  kNot,  // one child
  kCompare,
  kIn,
  kBetween,
  kLike,
  kIsNull,
};

// A condition, or part of one.
struct Condition {
  ConditionKind kind = ConditionKind::kAnd;
  // NOT IN, NOT BETWEEN, NOT LIKE, IS NOT NULL.
  bool negated = false;
  std::vector<Condition> children;

  // Only for predicates: the column and the values to compare it with.
  std::string column;
  size_t offset = 0;  // of the column, in the condition's text
  Comparison comparison = Comparison::kEqual;
  // kCompare: one; kIn: one or more; kBetween: two; kLike: the pattern; kIsNull: none.
  std::vector<Literal> literals;
  char escape = '\\';  // only for kLike

  // Compares the conditions; ignores offsets.
  friend bool operator==(const Condition& a, const Condition& b);
};

// kInvalidArgument CONDITION_INVALID: `text` is not a condition. The message says what was
// expected, the metadata `offset` where, in bytes. Thread-safe.
absl::StatusOr<Condition> Parse(std::string_view text);

// Parses `text` as a single number or bytes literal. Errors as in Parse.
absl::StatusOr<Literal> ParseLiteral(std::string_view text);

// The condition as text. Parse returns an equal condition for it.
std::string Print(const Condition& condition);
std::string Print(const Literal& literal);

}  // namespace millrace::condition
