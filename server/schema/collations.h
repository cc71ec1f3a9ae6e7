// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>

#include "model/flavour.h"

namespace millrace::schema {

// Collation of BINARY, VARBINARY and BLOB: no text at all.
constexpr uint32_t kBinaryCollation = 63;

// Name of the charset that a collation id belongs to, as `SHOW CHARACTER SET` has it. Empty for an
// id that neither MySQL up to 9.7 nor MariaDB up to 10.11 gives out. The families share the ids
// below 248; from there on each has its own. Thread-safe.
std::string_view CharsetOfCollation(Flavour flavour, uint32_t collation);

// Most bytes a character takes in a charset of that name; 0 for an unknown name.
uint32_t CharacterBytesMax(std::string_view charset);

}  // namespace millrace::schema
