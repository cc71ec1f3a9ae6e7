// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace millrace::schema {

// `name`, UTF-8, as a protobuf identifier: other ASCII than letters, digits and `_` becomes `_`,
// a character beyond ASCII `u` and its code point in hexadecimal (a byte that is no UTF-8: `x` and
// its value), a digit in front gets a `_` before it. Different names may give the same identifier.
std::string Identifier(std::string_view name);

// What field names of a message must differ in: they must not only be unlike each other, but
// unlike as lowerCamelCase, which protoc forms of them; and compilers before 3.21 looked at less
// yet, at letters and digits without case.
std::string FieldNameKey(std::string_view field_name);

// True for what protobuf takes as an identifier.
bool IsIdentifier(std::string_view text);

}  // namespace millrace::schema
