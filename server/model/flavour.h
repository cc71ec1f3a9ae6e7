// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

// The server family that wrote a binlog. The families differ in GTIDs, some events and some types.
// Stored on disk: do not renumber.
enum class Flavour : uint8_t { kMysql = 1, kMariadb = 2 };

inline std::string_view FlavourName(Flavour flavour) {
  return flavour == Flavour::kMysql ? "mysql" : "mariadb";
}

}  // namespace millrace
