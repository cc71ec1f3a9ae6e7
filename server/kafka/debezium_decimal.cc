// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_decimal.h"

#include <algorithm>
#include <array>

#include "kafka/debezium_json.h"

namespace millrace::kafka {
namespace {

// A DECIMAL has at most 65 digits, which need 216 bits.
constexpr size_t kDigitsMax = 65;
constexpr size_t kLimbs = 7;
constexpr size_t kBytes = kLimbs * 4;
// Digits that fit into one limb.
constexpr size_t kChunkDigits = 9;

// A number below 2^224, least significant limb first.
using Magnitude = std::array<uint32_t, kLimbs>;

void MultiplyAndAdd(Magnitude& magnitude, uint32_t factor, uint32_t summand) {
  uint64_t carry = summand;
  for (uint32_t& limb : magnitude) {
    carry += uint64_t{limb} * factor;
    limb = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
}

void AppendTwosComplement(std::string& to, Magnitude magnitude, bool negative) {
  if (negative) {
    uint64_t carry = 1;
    for (uint32_t& limb : magnitude) {
      carry += ~limb;
      limb = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  std::array<char, kBytes> bytes{};
  for (size_t i = 0; i < kBytes; ++i) {
    bytes[kBytes - 1 - i] = static_cast<char>(magnitude[i / 4] >> i % 4 * 8);
  }
  const bool is_negative = (bytes[0] & 0x80) != 0;  // false for -0
  const char filler = is_negative ? '\xff' : '\0';
  size_t first = 0;
  // The first remaining byte must still contain the sign.
  while (first + 1 < kBytes && bytes[first] == filler &&
         ((bytes[first + 1] & 0x80) != 0) == is_negative) {
    ++first;
  }
  AppendBase64(to, std::string_view(bytes.data() + first, kBytes - first));
}

}  // namespace

bool AppendDecimal(std::string& to, std::string_view text, uint32_t scale) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  Magnitude magnitude{};
  uint32_t chunk = 0;
  uint32_t factor = 1;
  size_t digits = 0;
  size_t after_point = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > kDigitsMax + 1) return false;
    after_point += point ? 1 : 0;
    chunk = chunk * 10 + static_cast<uint32_t>(c - '0');
    factor *= 10;
    if (digits % kChunkDigits != 0) continue;
    MultiplyAndAdd(magnitude, factor, chunk);
    chunk = 0;
    factor = 1;
  }
  if (digits == 0 || after_point != scale) return false;
  MultiplyAndAdd(magnitude, factor, chunk);
  AppendTwosComplement(to, magnitude, negative);
  return true;
}

void AppendUnsignedDecimal(std::string& to, uint64_t value) {
  Magnitude magnitude{};
  magnitude[0] = static_cast<uint32_t>(value);
  magnitude[1] = static_cast<uint32_t>(value >> 32);
  AppendTwosComplement(to, magnitude, false);
}

}  // namespace millrace::kafka
