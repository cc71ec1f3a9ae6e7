// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

// The code points of the bytes 0x80 to 0xff of a single-byte charset; 0 if unassigned.
struct SingleByteTable {
  std::string_view charset;
  uint16_t upper[128];
};

// A byte below 0x80 that is not ASCII; `code_point` 0: unassigned.
struct SingleByteException {
  uint8_t byte;
  uint16_t code_point;
};

// Null if MySQL has no such charset, or if it is not a single-byte charset.
const SingleByteTable* FindSingleByteTable(std::string_view charset);
std::span<const SingleByteException> ExceptionsBelow128(std::string_view charset);

}  // namespace millrace
