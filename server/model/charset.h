// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/charset_multibyte.h"

namespace millrace {

// True if `bytes` are UTF-8 that protobuf admits in a string: shortest forms only, no surrogates,
// nothing above U+10FFFF.
bool IsValidUtf8(std::string_view bytes);

// A character set of the source and how its text becomes UTF-8, code for code as the server
// converts it. Immutable, thread-safe.
class Charset {
 public:
  enum class Kind : uint8_t {
    kUtf8,
    kAscii,
    kSingleByte,
    kMultibyte,
    kUcs2,
    kUtf16,
    kUtf16Little,
    kUtf32
  };

  std::string_view name() const { return name_; }
  // True if valid text is UTF-8 as it stands, so that a check and a copy suffice.
  bool is_utf8() const { return kind_ <= Kind::kAscii; }

  // Room that WriteUtf8 needs for `size` bytes.
  static constexpr size_t Utf8Room(size_t size) { return size * 3 + 8; }
  // Writes `bytes` as UTF-8 to `to`, which has Utf8Room(bytes.size()), and returns the end of what
  // it wrote. Null if `bytes` is not text of this charset, or holds a code that stands for no
  // character; what lies at `to` is then undefined.
  char* WriteUtf8(std::string_view bytes, char* to) const;
  // The same at the end of `to`. False: nothing appended.
  bool AppendUtf8(std::string_view bytes, std::string& to) const;

  // True if some codes stand for a character that a lower code stands for too, so that different
  // bytes, which the source tells apart, are one text in UTF-8.
  bool has_aliases() const { return has_aliases_; }
  // True if `bytes`, text of this charset, hold such a code. Of all bytes that are one text, it is
  // false for one alone.
  bool HasAlias(std::string_view bytes) const;

 private:
  friend class CharsetCatalog;
  Charset() = default;
  char* WriteSingleByte(std::string_view bytes, char* to) const;

  std::string name_;
  Kind kind_ = Kind::kUtf8;
  bool ascii_below_128_ = true;
  bool has_aliases_ = false;
  // kSingleByte: UTF-8 of each byte, lowest byte first, its length in the highest; 0 unassigned.
  std::unique_ptr<uint32_t[]> encoded_;
  std::bitset<256> alias_bytes_;  // kSingleByte
  std::unique_ptr<MultibyteTable> multibyte_;
};

// The charset of that name as `SHOW CHARACTER SET` has it, in lower case. Null if there is none, or
// if this machine's iconv lacks it. `binary` is held to be UTF-8 (for ENUM labels). What it points
// to lives as long as the program. Takes a lock: not for each row.
const Charset* FindCharset(std::string_view mysql_charset_name);

}  // namespace millrace
