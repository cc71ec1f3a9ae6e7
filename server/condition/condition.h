// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Conditions on the rows of one table: a small language of our own that looks like the WHERE of
// SQL. This header is its syntax and knows no table; `bind.h` gives it the columns of one, and
// `sql.h` writes it for the source. README.md of this room has the grammar.
namespace millrace::condition {

// Bounds of one condition. A list of a few thousand keys fits.
inline constexpr size_t kTextBytesMax = 64 << 10;
// Predicates, literals, AND, OR and NOT together.
inline constexpr size_t kNodesMax = 8192;
// Parentheses and NOT inside each other, so that recursion over the tree needs little stack.
inline constexpr size_t kDepthMax = 64;

// A constant as it is written.
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
  // kNumber: `-12.50`, `1e3`, never with a plus sign or without a digit before the point. kBytes:
  // the bytes. Strings and times: their UTF-8. Empty for the others.
  std::string text;
  size_t offset = 0;  // in the condition's text

  // The same constant, wherever it is written.
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
  kAnd,  // of two or more children
  kOr,   // likewise
  kNot,  // of one child
  kCompare,
  kIn,
  kBetween,
  kLike,
  kIsNull,
};

// A condition, or a part of one.
struct Condition {
  ConditionKind kind = ConditionKind::kAnd;
  // NOT IN, NOT BETWEEN, NOT LIKE, IS NOT NULL.
  bool negated = false;
  std::vector<Condition> children;

  // Of predicates only: the column and what it is compared with.
  std::string column;
  size_t offset = 0;  // of the column in the condition's text
  Comparison comparison = Comparison::kEqual;
  // One; of kIn one or more; of kBetween two; of kLike the pattern; of kIsNull none.
  std::vector<Literal> literals;
  char escape = '\\';  // of kLike

  // The same condition, whatever its offsets.
  friend bool operator==(const Condition& a, const Condition& b);
};

// kInvalidArgument CONDITION_INVALID: `text` is no condition; the message says what was expected,
// metadata `offset` where, in bytes. Thread-safe.
absl::StatusOr<Condition> Parse(std::string_view text);

// `text` as one number or bytes literal and nothing else. Errors as Parse.
absl::StatusOr<Literal> ParseLiteral(std::string_view text);

// The condition as text. Parse of it gives an equal condition.
std::string Print(const Condition& condition);
std::string Print(const Literal& literal);

}  // namespace millrace::condition
