// SPDX-License-Identifier: Apache-2.0

#include "transcode/temporal.h"

#include "base/bytes.h"
#include "transcode/digits.h"

namespace millrace::transcode {
namespace {

// Largest fraction plus one, by its stored bytes.
constexpr uint32_t kFractionLimits[] = {1, 100, 10'000, 1'000'000};
constexpr uint32_t kMicrosecondsLimit = 1'000'000;

struct Clock {
  uint32_t hour = 0;
  uint32_t minute = 0;
  uint32_t second = 0;
};

// Hour, minute and second in 12, 6 and 6 bits.
Clock UnpackClock(uint32_t bits) { return {bits >> 12, bits >> 6 & 0x3f, bits & 0x3f}; }

char* WriteClock(Clock clock, char* to) {
  if (clock.minute > 59 || clock.second > 59 || clock.hour > 999) return nullptr;
  if (clock.hour >= 100) *to++ = static_cast<char>('0' + clock.hour / 100);
  to = WriteTwoDigits(to, clock.hour % 100);
  *to++ = ':';
  to = WriteTwoDigits(to, clock.minute);
  *to++ = ':';
  return WriteTwoDigits(to, clock.second);
}

char* WriteCalendar(uint32_t year, uint32_t month, uint32_t day, char* to) {
  if (year > 9999 || month > 12 || day > 31) return nullptr;
  to = WriteFourDigits(to, year);
  *to++ = '-';
  to = WriteTwoDigits(to, month);
  *to++ = '-';
  return WriteTwoDigits(to, day);
}

// `fraction` as stored, in units of a hundredth, a ten-thousandth or a millionth.
char* WriteFraction(uint32_t fraction, unsigned digits, char* to) {
  if (digits == 0) return to;
  const unsigned stored_digits = FractionBytes(digits) * 2;
  if (fraction >= kFractionLimits[FractionBytes(digits)]) return nullptr;
  *to++ = '.';
  return WritePadded(to, fraction, stored_digits) - (stored_digits - digits);
}

// Writes packed bits: year and month as one number to the base 13, day, hour, minute, second.
char* WriteDateTimeBits(uint64_t bits, char* to) {
  const auto day_bits = static_cast<uint32_t>(bits >> 17);
  const uint32_t month_number = day_bits >> 5;
  to = WriteCalendar(month_number / 13, month_number % 13, day_bits & 0x1f, to);
  if (to == nullptr) return nullptr;
  const Clock clock = UnpackClock(static_cast<uint32_t>(bits & 0x1ffff));
  if (clock.hour > 23) return nullptr;
  *to++ = ' ';
  return WriteClock(clock, to);
}

}  // namespace

char* WriteDate(const char* from, char* to) {
  const uint32_t bits = LoadLittle24(from);
  return WriteCalendar(bits >> 9, bits >> 5 & 0xf, bits & 0x1f, to);
}

char* WriteTime(const char* from, unsigned fraction_digits, char* to) {
  const unsigned fraction_bits = 8 * FractionBytes(fraction_digits);
  // Half of the range is added to the stored number, so that values sort as bytes. The fraction is
  // part of the number.
  auto bits = static_cast<int64_t>(LoadBig(from, 3 + FractionBytes(fraction_digits)));
  bits -= int64_t{1} << (23 + fraction_bits);
  if (bits < 0) {
    *to++ = '-';
    bits = -bits;
  }
  const auto clock_bits = static_cast<uint32_t>(bits >> fraction_bits);
  if (clock_bits >> 22 != 0) return nullptr;
  to = WriteClock(UnpackClock(clock_bits), to);
  if (to == nullptr) return nullptr;
  return WriteFraction(static_cast<uint32_t>(bits & ((int64_t{1} << fraction_bits) - 1)),
                       fraction_digits, to);
}

char* WriteDateTime(const char* from, unsigned fraction_digits, char* to) {
  constexpr uint64_t kSign = uint64_t{1} << 39;
  const uint64_t bits = LoadBig(from, 5);
  if ((bits & kSign) == 0) return nullptr;
  to = WriteDateTimeBits(bits - kSign, to);
  if (to == nullptr) return nullptr;
  const auto fraction = static_cast<uint32_t>(LoadBig(from + 5, FractionBytes(fraction_digits)));
  return WriteFraction(fraction, fraction_digits, to);
}

char* WriteTimeOld(const char* from, char* to) {
  // Decimal digits HHMMSS of a signed number.
  auto number = static_cast<int32_t>(LoadLittle24(from) << 8) >> 8;
  if (number < 0) {
    *to++ = '-';
    number = -number;
  }
  const auto digits = static_cast<uint32_t>(number);
  return WriteClock({digits / 10'000, digits / 100 % 100, digits % 100}, to);
}

char* WriteDateTimeOld(const char* from, char* to) {
  // Decimal digits YYYYMMDDHHMMSS.
  const uint64_t number = LoadLittle64(from);
  const uint64_t date = number / 1'000'000;
  if (date > 99'999'999) return nullptr;
  const auto day = static_cast<uint32_t>(date);
  to = WriteCalendar(day / 10'000, day / 100 % 100, day % 100, to);
  if (to == nullptr) return nullptr;
  const auto time = static_cast<uint32_t>(number % 1'000'000);
  if (time / 10'000 > 23) return nullptr;
  *to++ = ' ';
  return WriteClock({time / 10'000, time / 100 % 100, time % 100}, to);
}

char* WritePackedDate(int64_t packed, char* to) {
  if (packed < 0) return nullptr;
  const auto day_bits = static_cast<uint64_t>(packed) >> 41;
  const auto month_number = static_cast<uint32_t>(day_bits >> 5);
  return WriteCalendar(month_number / 13, month_number % 13, day_bits & 0x1f, to);
}

char* WritePackedTime(int64_t packed, char* to) {
  const bool negative = packed < 0;
  const uint64_t bits =
      negative ? 0 - static_cast<uint64_t>(packed) : static_cast<uint64_t>(packed);
  const auto microseconds = static_cast<uint32_t>(bits & 0xffffff);
  if (bits >> 46 != 0 || microseconds >= kMicrosecondsLimit) return nullptr;
  if (negative) *to++ = '-';
  to = WriteClock(UnpackClock(static_cast<uint32_t>(bits >> 24)), to);
  if (to == nullptr) return nullptr;
  return WriteFraction(microseconds, kFractionDigitsMax, to);
}

char* WritePackedDateTime(int64_t packed, char* to) {
  if (packed < 0) return nullptr;
  const auto bits = static_cast<uint64_t>(packed);
  to = WriteDateTimeBits(bits >> 24, to);
  if (to == nullptr) return nullptr;
  return WriteFraction(static_cast<uint32_t>(bits & 0xffffff), kFractionDigitsMax, to);
}

bool ReadTimestamp(const char* from, unsigned fraction_digits, TimestampParts& parts) {
  const unsigned bytes = FractionBytes(fraction_digits);
  const auto fraction = static_cast<uint32_t>(LoadBig(from + 4, bytes));
  if (fraction >= kFractionLimits[bytes]) return false;
  parts.seconds = static_cast<uint32_t>(LoadBig(from, 4));
  parts.nanoseconds = fraction * (1'000'000'000 / kFractionLimits[bytes]);
  return true;
}

}  // namespace millrace::transcode
