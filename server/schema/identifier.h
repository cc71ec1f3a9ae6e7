// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace millrace::schema {

// Turns `name`, in UTF-8, into a protobuf identifier. Letters, digits and `_` stay; other ASCII
// becomes `_`. A character beyond ASCII becomes `u` and its code point in hexadecimal; a byte that
// is not UTF-8 becomes `x` and its value. A leading digit gets a `_` before it. Different names may
// have the same identifier.
std::string Identifier(std::string_view name);

// Two fields of a message must have different keys. protoc requires that names differ in
// lowerCamelCase; before 3.21 it required that they differ in letters and digits, ignoring case.
std::string FieldNameKey(std::string_view field_name);

// True for a valid protobuf identifier.
bool IsIdentifier(std::string_view text);

}  // namespace millrace::schema
