// SPDX-License-Identifier: Apache-2.0

#include "base/crc32.h"

#include <array>
#include <cstddef>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millrace {
namespace {

// The polynomial, lowest power in the highest bit, without x^32.
constexpr uint32_t kPolynomial = 0xedb88320;

// kTables[n][byte] is the effect of `byte` on the register after n more zero bytes.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = rest;
  }
  for (size_t n = 1; n < tables.size(); ++n) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[n - 1][byte];
      tables[n][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

uint32_t AddByTables(std::string_view bytes, uint32_t state) {
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const uint64_t word = LoadLittle64(at) ^ state;
    state = kTables[7][word & 0xff] ^ kTables[6][word >> 8 & 0xff] ^ kTables[5][word >> 16 & 0xff] ^
            kTables[4][word >> 24 & 0xff] ^ kTables[3][word >> 32 & 0xff] ^
            kTables[2][word >> 40 & 0xff] ^ kTables[1][word >> 48 & 0xff] ^ kTables[0][word >> 56];
  }
  for (; left > 0; --left, ++at) {
    state = state >> 8 ^ kTables[0][(state ^ static_cast<uint8_t>(*at)) & 0xff];
  }
  return state;
}

#if defined(__x86_64__)
#define MILLRACE_CLMUL __attribute__((target("sse4.1,ssse3,pclmul")))

constexpr size_t kLane = 16;
constexpr size_t kStride = 4 * kLane;

// Masks for _mm_shuffle_epi8. The sixteen bytes from `16 + n` move a lane n places to the front,
// those from `16 - n` n places to the back. An index with its top bit set makes a zero byte.
constexpr std::array<uint8_t, 3 * kLane> MakeByteShifts() {
  std::array<uint8_t, 3 * kLane> shifts{};
  shifts.fill(0x80);
  for (size_t i = 0; i < kLane; ++i) shifts[kLane + i] = static_cast<uint8_t>(i);
  return shifts;
}

constexpr std::array<uint8_t, 3 * kLane> kByteShifts = MakeByteShifts();

MILLRACE_CLMUL inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

// x^(n+32) and x^(n-32) modulo the polynomial, where n is the number of bits in a stride or a lane.
MILLRACE_CLMUL inline __m128i StridePowers() { return _mm_set_epi64x(0x1c6e41596, 0x154442bd4); }
MILLRACE_CLMUL inline __m128i LanePowers() { return _mm_set_epi64x(0x0ccaa009e, 0x1751997d0); }

// Moves `lane` forward by the distance that `by` encodes and adds `next`, the lane at that place.
MILLRACE_CLMUL inline __m128i Fold(__m128i lane, __m128i by, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, by, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// Folds whole strides while at least one remains. Advances `at`.
MILLRACE_CLMUL inline __m128i FoldStrides(__m128i first, const char*& at, const char* end) {
  __m128i second = Load(at + kLane);
  __m128i third = Load(at + 2 * kLane);
  __m128i fourth = Load(at + 3 * kLane);
  at += kStride;
  for (; end - at >= static_cast<ptrdiff_t>(kStride); at += kStride) {
    first = Fold(first, StridePowers(), Load(at));
    second = Fold(second, StridePowers(), Load(at + kLane));
    third = Fold(third, StridePowers(), Load(at + 2 * kLane));
    fourth = Fold(fourth, StridePowers(), Load(at + 3 * kLane));
  }
  return Fold(Fold(Fold(first, LanePowers(), second), LanePowers(), third), LanePowers(), fourth);
}

// Folds `lane` and the last `left` bytes before `end`, fewer than a lane, into one lane.
// Requires: at least one lane of bytes ends at `end`.
MILLRACE_CLMUL inline __m128i FoldRest(__m128i lane, const char* end, size_t left) {
  // The first `left` bytes of `lane` become a lane of their own. The zeros before them do not
  // change the remainder.
  const __m128i front = _mm_shuffle_epi8(lane, Load(&kByteShifts[left]));
  const __m128i to_front = Load(&kByteShifts[kLane + left]);
  const __m128i back =
      _mm_blendv_epi8(_mm_shuffle_epi8(lane, to_front), Load(end - kLane), to_front);
  return Fold(front, LanePowers(), back);
}

// The remainder of a lane, by Barrett reduction.
MILLRACE_CLMUL inline uint32_t Remainder(__m128i lane) {
  const __m128i words = _mm_setr_epi32(-1, 0, -1, 0);
  // Reduce to 96 bits, then to 64.
  lane = _mm_xor_si128(_mm_srli_si128(lane, 8), _mm_clmulepi64_si128(lane, LanePowers(), 0x10));
  const __m128i word_powers = _mm_set_epi64x(0, 0x163cd6124);
  lane = _mm_xor_si128(_mm_srli_si128(lane, 4),
                       _mm_clmulepi64_si128(_mm_and_si128(lane, words), word_powers, 0x00));
  // The polynomial, and x^64 divided by it.
  const __m128i divisor = _mm_set_epi64x(0x1f7011641, 0x1db710641);
  __m128i times = _mm_clmulepi64_si128(_mm_and_si128(lane, words), divisor, 0x10);
  times = _mm_clmulepi64_si128(_mm_and_si128(times, words), divisor, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(lane, times), 1));
}

// The state after `bytes`, of which there are at least kLane. Gopal et al., Fast CRC Computation
// for Generic Polynomials Using PCLMULQDQ Instruction, Intel 2009.
MILLRACE_CLMUL uint32_t AddByFolding(std::string_view bytes, uint32_t state) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  __m128i lane = _mm_xor_si128(Load(at), _mm_cvtsi32_si128(static_cast<int>(state)));
  if (bytes.size() >= kStride) {
    lane = FoldStrides(lane, at, end);
  } else {
    at += kLane;
  }
  for (; end - at >= static_cast<ptrdiff_t>(kLane); at += kLane) {
    lane = Fold(lane, LanePowers(), Load(at));
  }
  if (at != end) lane = FoldRest(lane, end, static_cast<size_t>(end - at));
  return Remainder(lane);
}

bool CpuCanFold() {
  static const bool can = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3") &&
                          __builtin_cpu_supports("sse4.1");
  return can;
}
#endif

}  // namespace

uint32_t Crc32(std::string_view bytes, uint32_t seed) {
#if defined(__x86_64__)
  if (bytes.size() >= kLane && CpuCanFold()) return ~AddByFolding(bytes, ~seed);
#endif
  return ~AddByTables(bytes, ~seed);
}

}  // namespace millrace
