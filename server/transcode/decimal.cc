// SPDX-License-Identifier: Apache-2.0

#include "transcode/decimal.h"

#include <cstdint>
#include <cstring>

#include "transcode/digits.h"

namespace millrace::transcode {
namespace {

constexpr unsigned kGroupDigits = DecimalShape::kGroupDigits;
constexpr unsigned kBytesOfDigits[kGroupDigits + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr uint32_t kPowers[kGroupDigits + 1] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// Reads one group after another. `mask_` undoes the flipping of negative values, `flip_` that of
// the topmost bit.
class GroupReader {
 public:
  explicit GroupReader(const char* from)
      : at_(reinterpret_cast<const unsigned char*>(from)),
        mask_((*at_ & 0x80) != 0 ? 0 : ~uint32_t{0}) {}

  bool negative() const { return mask_ != 0; }
  uint32_t Next(unsigned digits) {
    const unsigned bytes = kBytesOfDigits[digits];
    uint32_t value = Load(bytes) ^ flip_ << (8 * bytes - 8);
    flip_ = 0;
    at_ += bytes;
    value ^= mask_ >> (32 - 8 * bytes);
    if (value >= kPowers[digits]) in_range_ = false;
    return value;
  }
  bool in_range() const { return in_range_; }

 private:
  uint32_t Load(unsigned bytes) const {
    switch (bytes) {
      case 1:
        return at_[0];
      case 2:
        return uint32_t{at_[0]} << 8 | at_[1];
      case 3:
        return uint32_t{at_[0]} << 16 | uint32_t{at_[1]} << 8 | at_[2];
      default:
        return uint32_t{at_[0]} << 24 | uint32_t{at_[1]} << 16 | uint32_t{at_[2]} << 8 | at_[3];
    }
  }

  const unsigned char* at_;
  uint32_t mask_;
  uint32_t flip_ = 0x80;  // of the next byte
  bool in_range_ = true;
};

}  // namespace

size_t DecimalBytes(DecimalShape shape) {
  const unsigned whole = shape.precision - shape.scale;
  return whole / kGroupDigits * 4 + kBytesOfDigits[whole % kGroupDigits] +
         shape.scale / kGroupDigits * 4 + kBytesOfDigits[shape.scale % kGroupDigits];
}

char* WriteDecimal(const char* from, DecimalShape shape, char* to) {
  GroupReader groups(from);
  if (groups.negative()) *to++ = '-';
  const unsigned whole = shape.precision - shape.scale;
  bool significant = false;
  for (unsigned left = whole; left > 0;) {
    const unsigned digits = left % kGroupDigits == 0 ? kGroupDigits : left % kGroupDigits;
    const uint32_t value = groups.Next(digits);
    if (!groups.in_range()) return nullptr;
    left -= digits;
    if (significant) {
      to = WritePadded(to, value, kGroupDigits);
    } else if (value != 0) {
      to = WriteUnsigned(to, value);
      significant = true;
    }
  }
  if (!significant) *to++ = '0';
  if (shape.scale == 0) return to;
  *to++ = '.';
  for (unsigned left = shape.scale; left > 0;) {
    const unsigned digits = left < kGroupDigits ? left : kGroupDigits;
    const uint32_t value = groups.Next(digits);
    if (!groups.in_range()) return nullptr;
    to = WritePadded(to, value, digits);
    left -= digits;
  }
  return to;
}

}  // namespace millrace::transcode
