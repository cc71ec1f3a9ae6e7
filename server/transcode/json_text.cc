// SPDX-License-Identifier: Apache-2.0

#include "transcode/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "model/json_escapes.h"
#include "transcode/digits.h"

namespace millrace::transcode {
namespace {

constexpr std::array<char, 256> kEscapes = JsonEscapes();
constexpr std::string_view kHexDigits = "0123456789abcdef";

// MySQL writes an exponent if the point is outside these places, unless digits follow the point.
constexpr int kPointPlaceMin = -14;
constexpr int kPointPlaceMax = 15;

// Digits and place of the point of a finite number: 0.DIGITS * 10^place.
struct Shortest {
  char digits[32];
  size_t count = 0;
  int place = 0;
};

Shortest ShortestDigits(double magnitude) {
  char text[40];
  const auto result =
      std::to_chars(text, text + sizeof text, magnitude, std::chars_format::scientific);
  Shortest shortest;
  const char* at = text;
  for (; at < result.ptr && *at != 'e'; ++at) {
    if (*at != '.') shortest.digits[shortest.count++] = *at;
  }
  // from_chars does not accept a plus sign.
  ++at;
  if (at < result.ptr && *at == '+') ++at;
  std::from_chars(at, result.ptr, shortest.place);
  ++shortest.place;
  return shortest;
}

void AppendWithExponent(std::string& to, const Shortest& shortest) {
  to.push_back(shortest.digits[0]);
  if (shortest.count > 1) {
    to.push_back('.');
    to.append(shortest.digits + 1, shortest.count - 1);
  }
  to.push_back('e');
  AppendJsonSigned(to, shortest.place - 1);
}

void AppendWithPoint(std::string& to, const Shortest& shortest) {
  const auto place = static_cast<size_t>(shortest.place < 0 ? -shortest.place : shortest.place);
  if (shortest.place <= 0) {
    to.append("0.");
    to.append(place, '0');
    to.append(shortest.digits, shortest.count);
  } else if (shortest.count <= place) {
    to.append(shortest.digits, shortest.count);
    to.append(place - shortest.count, '0');
    to.append(".0");
  } else {
    to.append(shortest.digits, place);
    to.push_back('.');
    to.append(shortest.digits + place, shortest.count - place);
  }
}

}  // namespace

void AppendJsonString(std::string& to, std::string_view text) {
  to.push_back('"');
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) [[likely]]
      continue;
    to.append(text, copied, i - copied);
    copied = i + 1;
    to.push_back('\\');
    to.push_back(escape);
    if (escape == 'u') {
      to.append("00");
      to.push_back(kHexDigits[byte >> 4]);
      to.push_back(kHexDigits[byte & 0xf]);
    }
  }
  to.append(text, copied);
  to.push_back('"');
}

void AppendJsonDouble(std::string& to, double value) {
  if (std::signbit(value)) {
    to.push_back('-');
    value = -value;
  }
  if (value == 0) {
    to.append("0.0");
    return;
  }
  const Shortest shortest = ShortestDigits(value);
  const auto point_is_far = [&] {
    if (shortest.place < kPointPlaceMin) return true;
    return shortest.place > kPointPlaceMax && static_cast<int>(shortest.count) <= shortest.place;
  };
  if (point_is_far()) {
    AppendWithExponent(to, shortest);
  } else {
    AppendWithPoint(to, shortest);
  }
}

void AppendJsonSigned(std::string& to, int64_t value) {
  char text[kJsonNumberMax];
  to.append(text, static_cast<size_t>(WriteSigned(text, value) - text));
}

void AppendJsonUnsigned(std::string& to, uint64_t value) {
  char text[kJsonNumberMax];
  to.append(text, static_cast<size_t>(WriteUnsigned(text, value) - text));
}

void AppendJsonBase64(std::string& to, uint8_t column_type, std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kBytesPerLine = 57;  // 76 digits
  to.append("\"base64:type");
  AppendJsonUnsigned(to, column_type);
  to.push_back(':');
  for (size_t i = 0; i < bytes.size(); i += 3) {
    // The server's encoder breaks lines, and JSON escapes the break.
    if (i > 0 && i % kBytesPerLine == 0) to.append("\\n");
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    const auto group = static_cast<uint32_t>(LoadBig(bytes.data() + i, static_cast<unsigned>(count))
                                             << 8 * (3 - count));
    for (size_t digit = 0; digit < 4; ++digit) {
      to.push_back(digit <= count ? kAlphabet[group >> (18 - 6 * digit) & 0x3f] : '=');
    }
  }
  to.push_back('"');
}

}  // namespace millrace::transcode
