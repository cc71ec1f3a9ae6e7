// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_json.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "model/json_escapes.h"

namespace millrace::kafka {
namespace {

constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kBase64Plain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// JsonEscapes plus `4` for the first byte of a four-byte character.
constexpr std::array<char, 256> MakeEscapes() {
  std::array<char, 256> escapes = JsonEscapes();
  for (size_t i = 0xf0; i < 0xf8; ++i) escapes[i] = '4';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = MakeEscapes();

// Returns the index of the first byte at or after `at` that may need an escape; the size of `text`
// if there is none.
size_t FindSpecial(std::string_view text, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes << 7;
  // Sets the high bit of each zero byte, and possibly of more significant bytes after a zero byte.
  const auto zeros = [](uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t word = LoadLittle64(text.data() + at);
    const uint64_t controls = (word - kOnes * 0x20) & ~word & kHighs;
    const uint64_t specials = zeros(word ^ kOnes * '"') | zeros(word ^ kOnes * '\\');
    const uint64_t four_byte_leads = word & word << 1 & word << 2 & word << 3 & kHighs;
    if ((controls | specials | four_byte_leads) != 0) break;
  }
  while (at < text.size() && kEscapes[static_cast<uint8_t>(text[at])] == 0) ++at;
  return at;
}

void AppendUtf16Unit(std::string& to, uint32_t unit) {
  const char text[] = {'\\',
                       'u',
                       kHexUpper[unit >> 12 & 0xf],
                       kHexUpper[unit >> 8 & 0xf],
                       kHexUpper[unit >> 4 & 0xf],
                       kHexUpper[unit & 0xf]};
  to.append(text, sizeof text);
}

// Decodes the four-byte character at the start of `text`; 0 if there is none.
uint32_t FourByteCharacter(std::string_view text) {
  if (text.size() < 4) return 0;
  uint32_t code = static_cast<uint8_t>(text[0]) & 7u;
  for (size_t i = 1; i < 4; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3fu);
  }
  return code >= 0x10000 && code <= 0x10ffff ? code : 0;
}

// A finite positive number: digits D.DDD * 10^exponent.
struct Digits {
  char text[32];
  size_t count = 0;
  int exponent = 0;
};

Digits ParseScientific(const char* at, const char* end) {
  Digits digits;
  for (; at < end && *at != 'e'; ++at) {
    if (*at != '.') digits.text[digits.count++] = *at;
  }
  ++at;
  if (at < end && *at == '+') ++at;
  std::from_chars(at, end, digits.exponent);
  return digits;
}

template <typename Float>
Digits JavaDigits(Float value) {
  char text[64];
  auto result = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  Digits digits = ParseScientific(text, result.ptr);
  if (digits.count > 1) return digits;
  // If one digit is enough, Java still prints the closest two: 4.9E-324, not 5.0E-324.
  result = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 1);
  digits = ParseScientific(text, result.ptr);
  if (digits.text[1] == '0') digits.count = 1;
  return digits;
}

void AppendWithPoint(std::string& to, const Digits& digits) {
  if (digits.exponent < 0) {
    to.append("0.");
    to.append(static_cast<size_t>(-digits.exponent - 1), '0');
    to.append(digits.text, digits.count);
    return;
  }
  const auto whole = static_cast<size_t>(digits.exponent) + 1;
  if (digits.count <= whole) {
    to.append(digits.text, digits.count);
    to.append(whole - digits.count, '0');
    to.append(".0");
    return;
  }
  to.append(digits.text, whole);
  to.push_back('.');
  to.append(digits.text + whole, digits.count - whole);
}

template <typename Float>
void AppendJavaNumber(std::string& to, Float value) {
  if (!std::isfinite(value)) {
    to.append("null");
    return;
  }
  if (std::signbit(value)) {
    to.push_back('-');
    value = -value;
  }
  if (value == 0) {
    to.append("0.0");
    return;
  }
  const Digits digits = JavaDigits(value);
  if (digits.exponent >= -3 && digits.exponent < 7) {
    AppendWithPoint(to, digits);
    return;
  }
  to.push_back(digits.text[0]);
  to.push_back('.');
  if (digits.count == 1) to.push_back('0');
  to.append(digits.text + 1, digits.count - 1);
  to.push_back('E');
  AppendSigned(to, digits.exponent);
}

}  // namespace

void AppendEscaped(std::string& to, std::string_view text) {
  size_t copied = 0;
  for (size_t i = FindSpecial(text, 0); i < text.size(); i = FindSpecial(text, i)) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const char escape = kEscapes[byte];
    const uint32_t code = escape == '4' ? FourByteCharacter(text.substr(i)) : 0;
    if (escape == '4' && code == 0) {
      ++i;  // invalid UTF-8 is copied unchanged
      continue;
    }
    to.append(text, copied, i - copied);
    if (escape == '4') {
      AppendUtf16Unit(to, 0xd800 + ((code - 0x10000) >> 10));
      AppendUtf16Unit(to, 0xdc00 + ((code - 0x10000) & 0x3ff));
      i += 4;
    } else if (escape == 'u') {
      AppendUtf16Unit(to, byte);
      ++i;
    } else {
      to.push_back('\\');
      to.push_back(escape);
      ++i;
    }
    copied = i;
  }
  to.append(text, copied);
}

void AppendJsonString(std::string& to, std::string_view text) {
  to.push_back('"');
  AppendEscaped(to, text);
  to.push_back('"');
}

void AppendJsonDocument(std::string& to, std::string_view document) {
  to.push_back('"');
  bool in_string = false;
  size_t copied = 0;
  for (size_t i = 0; i < document.size(); ++i) {
    const char c = document[i];
    if (in_string && c == '\\') {
      ++i;  // an escaped quote does not end the string
    } else if (c == '"') {
      in_string = !in_string;
    } else if (c == ' ' && !in_string) {
      AppendEscaped(to, document.substr(copied, i - copied));
      copied = i + 1;
    }
  }
  AppendEscaped(to, document.substr(copied));
  to.push_back('"');
}

void AppendSigned(std::string& to, int64_t value) {
  char text[24];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void AppendUnsigned(std::string& to, uint64_t value) {
  char text[24];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void AppendDouble(std::string& to, double value) { AppendJavaNumber(to, value); }
void AppendFloat(std::string& to, float value) { AppendJavaNumber(to, value); }

void AppendBase64(std::string& to, std::string_view bytes, Base64 alphabet) {
  const std::string_view letters = alphabet == Base64::kPlain ? kBase64Plain : kBase64UrlSafe;
  const size_t begin = to.size();
  to.resize(begin + (bytes.size() + 2) / 3 * 4);
  char* at = to.data() + begin;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    const auto group =
        static_cast<uint32_t>(LoadBig(bytes.data() + i, static_cast<unsigned>(count)))
        << 8 * (3 - count);
    *at++ = letters[group >> 18];
    *at++ = letters[group >> 12 & 0x3f];
    *at++ = count > 1 ? letters[group >> 6 & 0x3f] : '=';
    *at++ = count > 2 ? letters[group & 0x3f] : '=';
  }
}

void AppendHex(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    to.push_back(kHexLower[byte >> 4]);
    to.push_back(kHexLower[byte & 0xf]);
  }
}

}  // namespace millrace::kafka
