// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/charset.h"

namespace millrace::schema {

// The character set in which a client sent a statement, as the server's lexer treats it. The lexer
// reads single bytes, except for multibyte characters whose later bytes look like ASCII. Immutable.
class ClientCharset {
 public:
  // `name` as in SHOW CHARACTER SET; empty if unknown.
  explicit ClientCharset(std::string_view name);

  // Bytes of the first character of `text`, which must not be empty. Always 1 in charsets where no
  // byte of a multibyte character looks like ASCII.
  size_t CharacterSize(std::string_view text) const;
  // True if the byte separates words.
  bool IsBlank(char byte) const {
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == '\0' ||
           (high_blank_ != 0 && byte == high_blank_);
  }
  // True if the byte is a symbol in ASCII but a letter in this charset: only in swe7.
  bool IsLetter(char byte) const {
    return kind_ == Kind::kSwe7 &&
           std::string_view("[\\]^{}~").find(byte) != std::string_view::npos;
  }
  // nullopt: `bytes` are not text in this charset, or not ASCII if the charset is unknown.
  std::optional<std::string> ToUtf8(std::string_view bytes) const;

 private:
  enum class Kind : uint8_t { kBytes, kSwe7, kBig5, kGbk, kGb18030, kSjis };
  Kind kind_ = Kind::kBytes;
  char high_blank_ = 0;  // a byte above 0x7f that is a space; 0 if there is none
  const Charset* charset_ = nullptr;
};

}  // namespace millrace::schema
