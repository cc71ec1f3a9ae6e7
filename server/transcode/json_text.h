// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::transcode {

// Writes parts of JSON text as MySQL prints them in a SELECT of a JSON column.

// Longest text of a number.
inline constexpr size_t kJsonNumberMax = 32;

// A string in quotes with escapes. `text` is UTF-8.
void AppendJsonString(std::string& to, std::string_view text);
// The shortest digits that read back as `value`, always with a point or an exponent: `1.0`,
// `1e100`.
void AppendJsonDouble(std::string& to, double value);
void AppendJsonSigned(std::string& to, int64_t value);
void AppendJsonUnsigned(std::string& to, uint64_t value);
// A value of an SQL type without a JSON form: `"base64:type15:VVE="`.
void AppendJsonBase64(std::string& to, uint8_t column_type, std::string_view bytes);

}  // namespace millrace::transcode
