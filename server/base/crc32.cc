#include "base/crc32.h"

#include <zlib.h>

namespace millrace {

uint32_t Crc32(std::string_view bytes, uint32_t seed) {
  if (bytes.empty()) return seed;  // zlib takes a null pointer for the wish to begin anew
  return static_cast<uint32_t>(
      crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace millrace
