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

// kTables[n][byte] is what `byte` does to the register, n zero bytes later.
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
#define MILLRACE_CLMUL __attribute__((target("sse4.1,pclmul")))

constexpr size_t kLane = 16;
constexpr size_t kStride = 4 * kLane;

MILLRACE_CLMUL inline __m128i Load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Moves `lane` on by the distance whose powers `by` holds and adds `next`, which stands there.
MILLRACE_CLMUL inline __m128i Fold(__m128i lane, __m128i by, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, by, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// Folds bytes, at least kStride of them, to the lane that leaves the same remainder. `bytes` is cut
// down to what is left over. Gopal et al., Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction, Intel 2009.
MILLRACE_CLMUL std::array<char, kLane> FoldToLane(std::string_view& bytes, uint32_t state) {
  // x^(n+32) and x^(n-32) modulo the polynomial, for n of a stride's and of a lane's bits.
  const __m128i by_stride = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
  const __m128i by_lane = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  const char* at = bytes.data();
  size_t left = bytes.size() - kStride;
  __m128i first = _mm_xor_si128(Load(at), _mm_cvtsi32_si128(static_cast<int>(state)));
  __m128i second = Load(at + kLane);
  __m128i third = Load(at + 2 * kLane);
  __m128i fourth = Load(at + 3 * kLane);
  at += kStride;
  for (; left >= kStride; left -= kStride, at += kStride) {
    first = Fold(first, by_stride, Load(at));
    second = Fold(second, by_stride, Load(at + kLane));
    third = Fold(third, by_stride, Load(at + 2 * kLane));
    fourth = Fold(fourth, by_stride, Load(at + 3 * kLane));
  }
  __m128i lane = Fold(Fold(Fold(first, by_lane, second), by_lane, third), by_lane, fourth);
  for (; left >= kLane; left -= kLane, at += kLane) lane = Fold(lane, by_lane, Load(at));
  bytes = {at, left};
  std::array<char, kLane> folded;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(folded.data()), lane);
  return folded;
}

bool CanFold() {
  static const bool can = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return can;
}
#endif

}  // namespace

uint32_t Crc32(std::string_view bytes, uint32_t seed) {
  uint32_t state = ~seed;
#if defined(__x86_64__)
  if (bytes.size() >= kStride && CanFold()) {
    const std::array<char, kLane> folded = FoldToLane(bytes, state);
    state = AddByTables({folded.data(), folded.size()}, 0);
  }
#endif
  return ~AddByTables(bytes, state);
}

}  // namespace millrace
