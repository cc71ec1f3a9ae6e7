// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <cstring>

namespace millrace::transcode {

// Writes decimal digits in pairs. The caller provides enough room.
inline constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748"
    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495"
    "969798"
    "99";

// `value` below 100.
inline char* WriteTwoDigits(char* to, uint32_t value) {
  std::memcpy(to, kDigitPairs + 2 * value, 2);
  return to + 2;
}

// `value` below 10,000.
inline char* WriteFourDigits(char* to, uint32_t value) {
  return WriteTwoDigits(WriteTwoDigits(to, value / 100), value % 100);
}

// Writes `value` with leading zeros to `count` digits. Requires: `count` digits suffice.
inline char* WritePadded(char* to, uint32_t value, unsigned count) {
  char* const end = to + count;
  char* at = end;
  for (; count >= 2; count -= 2, value /= 100) {
    at -= 2;
    WriteTwoDigits(at, value % 100);
  }
  if (count == 1) *to = static_cast<char>('0' + value % 10);
  return end;
}

// `value` without leading zeros; at most 20 digits.
inline char* WriteUnsigned(char* to, uint64_t value) {
  char digits[20];
  char* const end = digits + sizeof digits;
  char* at = end;
  while (value >= 100) {
    at -= 2;
    WriteTwoDigits(at, static_cast<uint32_t>(value % 100));
    value /= 100;
  }
  if (value >= 10) {
    at -= 2;
    WriteTwoDigits(at, static_cast<uint32_t>(value));
  } else {
    *--at = static_cast<char>('0' + value);
  }
  std::memcpy(to, at, static_cast<size_t>(end - at));
  return to + (end - at);
}

inline char* WriteSigned(char* to, int64_t value) {
  if (value >= 0) return WriteUnsigned(to, static_cast<uint64_t>(value));
  *to++ = '-';
  return WriteUnsigned(to, 0 - static_cast<uint64_t>(value));
}

}  // namespace millrace::transcode
