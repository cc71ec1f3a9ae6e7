// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>

namespace millrace {

// How JSON escapes each byte of a string (RFC 8259, section 7): 0 means no escape, `u` the code in
// hexadecimal, any other value the character after the backslash.
constexpr std::array<char, 256> JsonEscapes() {
  std::array<char, 256> escapes{};
  for (size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}

}  // namespace millrace
