// SPDX-License-Identifier: Apache-2.0

#include "schema/identifier.h"

#include <algorithm>
#include <cstdint>

#include "fmt/format.h"
#include "model/charset.h"

namespace millrace::schema {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Bytes of the character that `text` begins with; 0 if it is not UTF-8.
size_t CharacterSize(std::string_view text) {
  const auto first = static_cast<uint8_t>(text.front());
  const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return size <= text.size() && IsValidUtf8(text.substr(0, size)) ? size : 0;
}

uint32_t CodePoint(std::string_view character) {
  uint32_t value = static_cast<uint8_t>(character.front()) & (0x7fu >> character.size());
  for (const char c : character.substr(1)) value = value << 6 | (static_cast<uint8_t>(c) & 0x3fu);
  return value;
}

}  // namespace

std::string Identifier(std::string_view name) {
  std::string identifier;
  while (!name.empty()) {
    const char c = name.front();
    const size_t size = CharacterSize(name);
    if (IsLetter(c) || IsDigit(c)) {
      identifier += c;
    } else if (size == 1) {
      identifier += '_';
    } else if (size == 0) {
      identifier += fmt::format("x{:02x}", static_cast<uint8_t>(c));
    } else {
      identifier += fmt::format("u{:x}", CodePoint(name.substr(0, size)));
    }
    name.remove_prefix(std::max<size_t>(size, 1));
  }
  if (identifier.empty() || IsDigit(identifier.front())) identifier.insert(0, 1, '_');
  return identifier;
}

std::string FieldNameKey(std::string_view field_name) {
  std::string key;
  for (const char c : field_name) {
    if (c == '_') continue;
    key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return key;
}

bool IsIdentifier(std::string_view text) {
  if (text.empty() || IsDigit(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '_' || IsLetter(c) || IsDigit(c); });
}

}  // namespace millrace::schema
