// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::transcode {

// Writes stored dates and times as SELECT prints them. All writers return the end of the text, or
// null if a part is out of range (month 13, minute 60). Zero and partly zero dates are valid.
// https://dev.mysql.com/doc/dev/mysql-server/latest/group__MY__TIME.html

// Longest text: `-838:59:59.000000` or `9999-12-31 23:59:59.999999`.
inline constexpr size_t kTemporalTextMax = 32;
inline constexpr unsigned kFractionDigitsMax = 6;

// Stored bytes of a fraction of `digits` digits.
constexpr unsigned FractionBytes(unsigned digits) { return (digits + 1) / 2; }

// DATE: 3 bytes.
char* WriteDate(const char* from, char* to);
// TIME since MySQL 5.6: 3 bytes and the fraction.
char* WriteTime(const char* from, unsigned fraction_digits, char* to);
// DATETIME since MySQL 5.6: 5 bytes and the fraction.
char* WriteDateTime(const char* from, unsigned fraction_digits, char* to);
// TIME of MySQL 5.5 and of MariaDB without mysql56_temporal_format: 3 bytes.
char* WriteTimeOld(const char* from, char* to);
// DATETIME of the same servers: 8 bytes.
char* WriteDateTimeOld(const char* from, char* to);

// Values inside JSON, packed into 64 bits, always printed with six digits of fraction.
char* WritePackedDate(int64_t packed, char* to);
char* WritePackedTime(int64_t packed, char* to);
char* WritePackedDateTime(int64_t packed, char* to);

// TIMESTAMP: 4 bytes of seconds since 1970, and the fraction. Both zero: the zero date.
struct TimestampParts {
  uint32_t seconds = 0;
  uint32_t nanoseconds = 0;
};
// False if the fraction is out of range.
bool ReadTimestamp(const char* from, unsigned fraction_digits, TimestampParts& parts);

}  // namespace millrace::transcode
