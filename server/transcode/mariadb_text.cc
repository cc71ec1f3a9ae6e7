// SPDX-License-Identifier: Apache-2.0

#include "transcode/mariadb_text.h"

#include <cstdint>

#include "base/bytes.h"
#include "transcode/digits.h"

namespace millrace::transcode {
namespace {

constexpr char kLowerHexDigits[] = "0123456789abcdef";
constexpr unsigned kWords = 8;

char* WriteHexByte(char* to, uint8_t byte) {
  *to++ = kLowerHexDigits[byte >> 4];
  *to++ = kLowerHexDigits[byte & 0xf];
  return to;
}

// Without leading zeros.
char* WriteHexWord(char* to, uint32_t word) {
  for (int shift = 12; shift > 0; shift -= 4) {
    if (word >> shift != 0) *to++ = kLowerHexDigits[word >> shift & 0xf];
  }
  *to++ = kLowerHexDigits[word & 0xf];
  return to;
}

// The first of the longest runs of zero words.
struct ZeroRun {
  unsigned first = 0;
  unsigned count = 0;
};

ZeroRun LongestZeroRun(const uint32_t (&words)[kWords]) {
  ZeroRun longest;
  ZeroRun run;
  for (unsigned i = 0; i < kWords; ++i) {
    if (words[i] != 0) {
      run.count = 0;
      continue;
    }
    if (run.count++ == 0) run.first = i;
    if (run.count > longest.count) longest = run;
  }
  return longest;
}

}  // namespace

char* WriteUuid(const char* from, char* to) {
  for (size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    to = WriteHexByte(to, static_cast<uint8_t>(from[i]));
  }
  return to;
}

// Unlike inet_ntop, the server also shortens a single zero word. It shows an IPv4 address only
// after six zero words, or after five zero words and ffff.
char* WriteInet6(const char* from, char* to) {
  uint32_t words[kWords];
  for (unsigned i = 0; i < kWords; ++i) words[i] = static_cast<uint32_t>(LoadBig(from + 2 * i, 2));
  const ZeroRun zeros = LongestZeroRun(words);
  const bool holds_inet4 =
      zeros.first == 0 && (zeros.count == 6 || (zeros.count == 5 && words[5] == 0xffff));
  for (unsigned i = 0; i < kWords; ++i) {
    if (i >= zeros.first && i < zeros.first + zeros.count) {
      if (i == zeros.first) {
        *to++ = ':';
        if (i == 0) *to++ = ':';
      }
      continue;
    }
    if (holds_inet4 && i == 6) return WriteInet4(from + 12, to);
    to = WriteHexWord(to, words[i]);
    if (i + 1 < kWords) *to++ = ':';
  }
  return to;
}

char* WriteInet4(const char* from, char* to) {
  for (size_t i = 0; i < kInet4Bytes; ++i) {
    if (i > 0) *to++ = '.';
    to = WriteUnsigned(to, static_cast<uint8_t>(from[i]));
  }
  return to;
}

}  // namespace millrace::transcode
