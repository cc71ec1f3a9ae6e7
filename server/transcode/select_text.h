// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "transcode/temporal.h"

namespace millrace::transcode {

// Values as the text protocol has them, checked, since what they become must be what the binlog
// gives.

// Digits alone, of a number below 2^64.
std::optional<uint64_t> ParseUnsigned(std::string_view text);

// A whole number or a DECIMAL: sign, digits, perhaps a point and more digits.
bool IsDecimalText(std::string_view text);
// A number with or without point and exponent.
bool IsDoubleText(std::string_view text);
// The text of a number without the zeros that ZEROFILL puts before it.
std::string_view WithoutZerofill(std::string_view text);

// Could be a DATE, TIME or DATETIME: of a fitting length, and of no other characters than these
// have.
bool IsTemporalText(std::string_view text);
// `2024-01-31 23:59:59.123456` in UTC, with or without the fraction; the zero date gives zeros.
// False: anything else, or out of range.
bool ParseTimestamp(std::string_view text, TimestampParts& parts);

}  // namespace millrace::transcode
