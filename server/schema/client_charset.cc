// SPDX-License-Identifier: Apache-2.0

#include "schema/client_charset.h"

#include <algorithm>
#include <array>

namespace millrace::schema {
namespace {

bool Within(unsigned char byte, unsigned char first, unsigned char last) {
  return byte >= first && byte <= last;
}

// The no-break space of the charset, if the lexer treats it as a space; otherwise it is part of a
// word. Source: the `ctype` maps in share/charsets/*.xml, which are the same on both servers.
char HighBlankOf(std::string_view name) {
  constexpr std::array<std::string_view, 10> kA0 = {"armscii8", "cp1250", "dec8",   "geostd8",
                                                    "greek",    "hebrew", "latin1", "latin2",
                                                    "latin5",   "latin7"};
  constexpr std::array<std::string_view, 3> kFf = {"cp852", "cp866", "keybcs2"};
  if (std::find(kA0.begin(), kA0.end(), name) != kA0.end()) return '\xa0';
  return std::find(kFf.begin(), kFf.end(), name) != kFf.end() ? '\xff' : '\0';
}

bool IsAscii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

ClientCharset::ClientCharset(std::string_view name) : high_blank_(HighBlankOf(name)) {
  if (!name.empty()) charset_ = FindCharset(name);
  if (name == "swe7") kind_ = Kind::kSwe7;
  if (name == "big5") kind_ = Kind::kBig5;
  if (name == "gbk") kind_ = Kind::kGbk;
  if (name == "gb18030") kind_ = Kind::kGb18030;
  if (name == "sjis" || name == "cp932") kind_ = Kind::kSjis;
}

// Like the `ismbchar` of each charset in the server's strings/ctype-*.cc, which also counts
// malformed text as single bytes.
size_t ClientCharset::CharacterSize(std::string_view text) const {
  if (kind_ <= Kind::kSwe7 || text.size() < 2) return 1;
  const auto lead = static_cast<unsigned char>(text[0]);
  const auto next = static_cast<unsigned char>(text[1]);
  switch (kind_) {
    case Kind::kBig5:
      return Within(lead, 0xa1, 0xf9) && (Within(next, 0x40, 0x7e) || Within(next, 0xa1, 0xfe)) ? 2
                                                                                                : 1;
    case Kind::kSjis:
      return (Within(lead, 0x81, 0x9f) || Within(lead, 0xe0, 0xfc)) &&
                     (Within(next, 0x40, 0x7e) || Within(next, 0x80, 0xfc))
                 ? 2
                 : 1;
    case Kind::kGbk:
    case Kind::kGb18030:
      break;
    case Kind::kBytes:
    case Kind::kSwe7:
      return 1;
  }
  if (!Within(lead, 0x81, 0xfe)) return 1;
  if (Within(next, 0x40, 0x7e) || Within(next, 0x80, 0xfe)) return 2;
  const bool four = kind_ == Kind::kGb18030 && text.size() >= 4 && Within(next, '0', '9') &&
                    Within(static_cast<unsigned char>(text[2]), 0x81, 0xfe) &&
                    Within(static_cast<unsigned char>(text[3]), '0', '9');
  return four ? 4 : 1;
}

std::optional<std::string> ClientCharset::ToUtf8(std::string_view bytes) const {
  std::string text;
  if (charset_ != nullptr) {
    if (!charset_->AppendUtf8(bytes, text)) return std::nullopt;
    return text;
  }
  // Every charset that a client may use, except swe7, contains ASCII.
  if (!IsAscii(bytes)) return std::nullopt;
  return std::string(bytes);
}

}  // namespace millrace::schema
