// SPDX-License-Identifier: Apache-2.0

// Frame payloads with any damage: no read goes beyond the payload, and everything that is derived
// from a change can be parsed as a change.

#include <cstdint>
#include <string_view>

#include "wire/read_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  millrace::wire::testing::ReadEverything({reinterpret_cast<const char*>(data), size});
  return 0;
}
