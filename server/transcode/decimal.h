// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace millrace::transcode {

// DECIMAL as the server stores it: groups of nine digits, big endian, the topmost bit flipped, all
// bits flipped below zero.
// https://dev.mysql.com/doc/refman/en/precision-math-decimal-characteristics.html
struct DecimalShape {
  static constexpr unsigned kPrecisionMax = 65;
  static constexpr unsigned kScaleMax = 38;  // MariaDB's; MySQL stops at 30
  // The server computes with nine groups of nine digits. JSON holds such results as they are: wider
  // than any column, and often with zeros in front (`CAST(… AS DECIMAL)` rounds up to a group).
  static constexpr unsigned kGroupDigits = 9;
  static constexpr unsigned kComputedGroupsMax = 9;

  unsigned precision = 0;
  unsigned scale = 0;

  // Of the metadata of NEWDECIMAL in TABLE_MAP.
  static DecimalShape Of(unsigned metadata) { return {metadata >> 8, metadata & 0xff}; }

  // Of a column.
  bool valid() const {
    return precision >= 1 && precision <= kPrecisionMax && scale <= kScaleMax && scale <= precision;
  }
  // Of a value inside JSON.
  bool valid_in_json() const {
    return precision >= 1 && scale <= precision &&
           GroupsOf(precision - scale) + GroupsOf(scale) <= kComputedGroupsMax;
  }

 private:
  static unsigned GroupsOf(unsigned digits) { return (digits + kGroupDigits - 1) / kGroupDigits; }
};

// Longest text: sign, a zero before the point, the point, all digits.
inline constexpr size_t kDecimalTextMax = DecimalShape::kPrecisionMax + 3;
inline constexpr size_t kJsonDecimalTextMax =
    DecimalShape::kComputedGroupsMax * DecimalShape::kGroupDigits + 3;

// Bytes that a value takes. Requires a shape that is valid, in JSON at least.
size_t DecimalBytes(DecimalShape shape);

// Writes the value at `from`, of DecimalBytes, as SELECT prints it and returns the end. Null if a
// group of digits is out of range.
char* WriteDecimal(const char* from, DecimalShape shape, char* to);

}  // namespace millrace::transcode
