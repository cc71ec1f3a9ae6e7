// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::kafka {

// Pieces of JSON text, byte for byte as Kafka Connect's JsonConverter writes them.

// What stands between the quotes of a string: escaped, characters beyond U+FFFF as two escapes.
// Bytes that are no UTF-8 stay as they are.
void AppendEscaped(std::string& to, std::string_view text);
// `"` … `"`.
void AppendJsonString(std::string& to, std::string_view text);
// A JSON text as a JSON string, without the blanks between its tokens.
void AppendJsonDocument(std::string& to, std::string_view document);

void AppendSigned(std::string& to, int64_t value);
void AppendUnsigned(std::string& to, uint64_t value);
// As Java's Double.toString and Float.toString print it: `1.0`, `1.0E10`, `4.9E-324`. Numbers that
// are not finite have no JSON form and come as `null`.
void AppendDouble(std::string& to, double value);
void AppendFloat(std::string& to, float value);

// Content without quotes.
enum class Base64 { kPlain, kUrlSafe };
void AppendBase64(std::string& to, std::string_view bytes, Base64 alphabet = Base64::kPlain);
// Digits in lower case.
void AppendHex(std::string& to, std::string_view bytes);

}  // namespace millrace::kafka
