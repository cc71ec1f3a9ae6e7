// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

// CRC-32 as zlib, Ethernet and the binlog have it. `seed` is the CRC of what stands before `bytes`.
uint32_t Crc32(std::string_view bytes, uint32_t seed = 0);

}  // namespace millrace
