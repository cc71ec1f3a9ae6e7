// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "transcode/temporal.h"

namespace millrace::transcode {

// Parses and checks values of the text protocol. Their encoding must be the same as that of the
// binlog's values.

// A number below 2^64, with digits only.
std::optional<uint64_t> ParseUnsigned(std::string_view text);

// True for an integer or a DECIMAL: an optional sign, digits, optionally a point and more digits.
bool IsDecimalText(std::string_view text);
// True for a number, with or without point and exponent.
bool IsDoubleText(std::string_view text);
// The text of a number without the leading zeros of ZEROFILL.
std::string_view WithoutZerofill(std::string_view text);

// True if the text may be a DATE, TIME or DATETIME, by its length and characters.
bool IsTemporalText(std::string_view text);
// Parses `2024-01-31 23:59:59.123456` in UTC, with or without a fraction. The zero date becomes
// zeros. False for other text and times out of range.
bool ParseTimestamp(std::string_view text, TimestampParts& parts);

}  // namespace millrace::transcode
