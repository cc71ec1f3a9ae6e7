// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>

#include "model/flavour.h"

namespace millrace::schema {

// Collation of BINARY, VARBINARY and BLOB, which hold bytes, not text.
constexpr uint32_t kBinaryCollation = 63;

// Name of the charset of a collation id, as in SHOW CHARACTER SET. Empty for an id that neither
// MySQL up to 9.7 nor MariaDB up to 10.11 uses. Both flavours share the ids below 248 and differ in
// the others. Thread-safe.
std::string_view CharsetOfCollation(Flavour flavour, uint32_t collation);

// Maximum bytes of a character in the charset; 0 for an unknown charset.
uint32_t CharacterBytesMax(std::string_view charset);

}  // namespace millrace::schema
