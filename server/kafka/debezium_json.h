// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::kafka {

// Functions that append JSON, byte for byte as Kafka Connect's JsonConverter writes it.

// Escapes the content of a string; characters above U+FFFF become two escapes. Invalid UTF-8 is
// copied unchanged.
void AppendEscaped(std::string& to, std::string_view text);
// A whole string, with quotes.
void AppendJsonString(std::string& to, std::string_view text);
// A JSON document as a JSON string, without the blanks between its tokens.
void AppendJsonDocument(std::string& to, std::string_view document);

void AppendSigned(std::string& to, int64_t value);
void AppendUnsigned(std::string& to, uint64_t value);
// As Java's Double.toString and Float.toString print it: `1.0`, `1.0E10`, `4.9E-324`. Infinity and
// NaN, which JSON does not have, become `null`.
void AppendDouble(std::string& to, double value);
void AppendFloat(std::string& to, float value);

enum class Base64 { kPlain, kUrlSafe };
// The content of a string, without quotes.
void AppendBase64(std::string& to, std::string_view bytes, Base64 alphabet = Base64::kPlain);
// Lower-case digits, without quotes.
void AppendHex(std::string& to, std::string_view bytes);

}  // namespace millrace::kafka
