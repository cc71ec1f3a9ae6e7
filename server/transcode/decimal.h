// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace millrace::transcode {

// The server's storage format of DECIMAL: groups of nine digits, big endian, with the topmost bit
// flipped, and all bits flipped for negative values.
// https://dev.mysql.com/doc/refman/en/precision-math-decimal-characteristics.html
struct DecimalShape {
  static constexpr unsigned kPrecisionMax = 65;
  static constexpr unsigned kScaleMax = 38;  // MariaDB's; MySQL stops at 30
  // The server computes with nine groups of nine digits. JSON stores such results unchanged: they
  // may be wider than any column and have leading zeros (`CAST(… AS DECIMAL)` rounds the number of
  // digits up to whole groups).
  static constexpr unsigned kGroupDigits = 9;
  static constexpr unsigned kComputedGroupsMax = 9;

  unsigned precision = 0;
  unsigned scale = 0;

  // From the metadata of NEWDECIMAL in TABLE_MAP.
  static DecimalShape Of(unsigned metadata) { return {metadata >> 8, metadata & 0xff}; }

  // Valid for a column.
  bool valid() const {
    return precision >= 1 && precision <= kPrecisionMax && scale <= kScaleMax && scale <= precision;
  }
  // Valid for a value inside JSON.
  bool valid_in_json() const {
    return precision >= 1 && scale <= precision &&
           GroupsOf(precision - scale) + GroupsOf(scale) <= kComputedGroupsMax;
  }

 private:
  static unsigned GroupsOf(unsigned digits) { return (digits + kGroupDigits - 1) / kGroupDigits; }
};

// Longest text: the sign, a zero before the point, the point and all digits.
inline constexpr size_t kDecimalTextMax = DecimalShape::kPrecisionMax + 3;
inline constexpr size_t kJsonDecimalTextMax =
    DecimalShape::kComputedGroupsMax * DecimalShape::kGroupDigits + 3;

// Stored bytes of a value. Requires valid() or valid_in_json().
size_t DecimalBytes(DecimalShape shape);

// Writes the value at `from`, which has DecimalBytes bytes, as SELECT prints it. Returns the end,
// or null if a group of digits is out of range.
char* WriteDecimal(const char* from, DecimalShape shape, char* to);

}  // namespace millrace::transcode
