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

  unsigned precision = 0;
  unsigned scale = 0;

  // Of the metadata of NEWDECIMAL in TABLE_MAP.
  static DecimalShape Of(unsigned metadata) { return {metadata >> 8, metadata & 0xff}; }

  bool valid() const {
    return precision >= 1 && precision <= kPrecisionMax && scale <= kScaleMax && scale <= precision;
  }
};

// Longest text: sign, a zero before the point, the point, all digits.
inline constexpr size_t kDecimalTextMax = DecimalShape::kPrecisionMax + 3;

// Bytes that a value takes. Requires a valid shape.
size_t DecimalBytes(DecimalShape shape);

// Writes the value at `from`, of DecimalBytes, as SELECT prints it and returns the end. Null if a
// group of digits is out of range.
char* WriteDecimal(const char* from, DecimalShape shape, char* to);

}  // namespace millrace::transcode
