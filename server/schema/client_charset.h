// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/charset.h"

namespace millrace::schema {

// The character set in which a client sent a statement, as the server's lexer reads it: byte by
// byte, but for characters of several bytes whose later ones look like ASCII. Immutable.
class ClientCharset {
 public:
  // `name` as SHOW CHARACTER SET has it; empty if it is unknown.
  explicit ClientCharset(std::string_view name);

  // Bytes of the character that `text`, which is not empty, begins with. 1 also for those of which
  // no byte can be taken for ASCII.
  size_t CharacterSize(std::string_view text) const;
  // Whether the byte separates words.
  bool IsBlank(char byte) const {
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == '\0' ||
           (high_blank_ != 0 && byte == high_blank_);
  }
  // Whether the byte, which ASCII has as a symbol, is a letter here: only in swe7.
  bool IsLetter(char byte) const {
    return kind_ == Kind::kSwe7 &&
           std::string_view("[\\]^{}~").find(byte) != std::string_view::npos;
  }
  // Nothing: `bytes` are no text of this character set, or that is unknown.
  std::optional<std::string> ToUtf8(std::string_view bytes) const;

 private:
  enum class Kind : uint8_t { kBytes, kSwe7, kBig5, kGbk, kGb18030, kSjis };
  Kind kind_ = Kind::kBytes;
  char high_blank_ = 0;  // a byte above 0x7f that is a space; 0 if there is none
  const Charset* charset_ = nullptr;
};

}  // namespace millrace::schema
