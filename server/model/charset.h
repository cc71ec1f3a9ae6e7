// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/charset_multibyte.h"

namespace millrace {

// True if `bytes` are UTF-8 that protobuf accepts in a string: shortest forms only, no surrogates,
// nothing above U+10FFFF.
bool IsValidUtf8(std::string_view bytes);

// A character set of the source. Converts its text to UTF-8, each code as the server converts it.
// Immutable, thread-safe.
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
  // True if valid text is already UTF-8, so that a check and a copy suffice.
  bool is_utf8() const { return kind_ <= Kind::kAscii; }

  // The size of the buffer in which WriteUtf8 converts `size` bytes.
  static constexpr size_t Utf8BufferBytes(size_t size) { return size * 3 + 8; }
  // Writes `bytes` as UTF-8 to `to`, a buffer of Utf8BufferBytes(bytes.size()), and returns the end
  // of the UTF-8. Returns null, and leaves the bytes at `to` undefined, if `bytes` is not text of
  // this charset or contains a code without a character.
  char* WriteUtf8(std::string_view bytes, char* to) const;
  // Appends `bytes` as UTF-8 to `to`. False, and `to` is unchanged, if WriteUtf8 fails.
  bool AppendUtf8(std::string_view bytes, std::string& to) const;

  // True if the charset has alias codes: codes of a character that also has a lower code. Bytes
  // that differ at the source can then be equal in UTF-8.
  bool has_aliases() const { return has_aliases_; }
  // True if `bytes`, text of this charset, contain an alias code. Of all byte strings with the same
  // UTF-8, exactly one has no alias.
  bool HasAlias(std::string_view bytes) const;

 private:
  friend class CharsetCatalog;
  Charset() = default;
  char* WriteSingleByte(std::string_view bytes, char* to) const;

  std::string name_;
  Kind kind_ = Kind::kUtf8;
  bool ascii_below_128_ = true;
  bool has_aliases_ = false;
  // kSingleByte: for each byte, its UTF-8 (first byte in the lowest bits) and, in the top byte, the
  // length of that UTF-8; 0 if the byte is unassigned.
  std::unique_ptr<uint32_t[]> encoded_;
  std::bitset<256> alias_bytes_;  // kSingleByte
  std::unique_ptr<MultibyteTable> multibyte_;
};

// Finds a charset by its name in `SHOW CHARACTER SET`, in lower case. Null if there is none, or if
// this machine's iconv lacks it. Treats `binary` as UTF-8, for ENUM labels. The charset lives as
// long as the program. Takes a lock: do not call it for each row.
const Charset* FindCharset(std::string_view mysql_charset_name);

}  // namespace millrace
