// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

// The CRC-32 of zlib, Ethernet and the binlog. `seed` is the CRC of the bytes before `bytes`.
uint32_t Crc32(std::string_view bytes, uint32_t seed = 0);

}  // namespace millrace
