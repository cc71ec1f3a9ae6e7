// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace millrace {

// Writes `code_point`, which is not a surrogate, as UTF-8 and returns its end.
inline char* WriteCodePoint(char* to, uint32_t code_point) {
  if (code_point < 0x80) {
    *to++ = static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    *to++ = static_cast<char>(0xc0 | code_point >> 6);
    *to++ = static_cast<char>(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    *to++ = static_cast<char>(0xe0 | code_point >> 12);
    *to++ = static_cast<char>(0x80 | (code_point >> 6 & 0x3f));
    *to++ = static_cast<char>(0x80 | (code_point & 0x3f));
  } else {
    *to++ = static_cast<char>(0xf0 | code_point >> 18);
    *to++ = static_cast<char>(0x80 | (code_point >> 12 & 0x3f));
    *to++ = static_cast<char>(0x80 | (code_point >> 6 & 0x3f));
    *to++ = static_cast<char>(0x80 | (code_point & 0x3f));
  }
  return to;
}

// The codes of an East Asian charset (big5, cp932, eucjpms, euckr, gb18030, gb2312, gbk, sjis,
// ujis). Bytes below 0x80 are ASCII; the others start codes of one to four bytes. Built from the
// machine's iconv and a list of MySQL's differences from it. Immutable, thread-safe.
class MultibyteTable {
 public:
  // Null if `charset` is not in the list above, or if iconv does not support it.
  static std::unique_ptr<MultibyteTable> Make(std::string_view charset);

  // See Charset::WriteUtf8.
  char* WriteUtf8(std::string_view bytes, char* to) const;
  // See Charset::has_aliases and Charset::HasAlias. Shorter codes count as lower.
  bool has_aliases() const { return !aliases_.empty(); }
  bool HasAlias(std::string_view bytes) const;

 private:
  MultibyteTable() = default;
  // Reads one code that starts with a byte of 0x80 or more, and moves `at` past it. 0: not a code.
  uint32_t Read(const unsigned char*& at, const unsigned char* end) const;
  uint32_t ReadFourByte(const unsigned char* at) const;
  void FindAliases();

  bool half_width_kana_ = false;      // bytes a1 to df are one-byte codes
  std::vector<uint16_t> two_byte_;    // index: the code's two bytes minus 0x8000; 0: unassigned
  std::vector<uint16_t> three_byte_;  // index: the two bytes after 8f; empty: no three-byte codes
  std::vector<uint16_t> four_byte_;   // gb18030's codes of the basic plane, by linear index
  absl::flat_hash_set<uint32_t> aliases_;  // codes as big-endian numbers
};

}  // namespace millrace
