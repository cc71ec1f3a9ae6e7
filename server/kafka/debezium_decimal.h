// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::kafka {

// Appends the unscaled value of a DECIMAL in base64, encoded as by java.math.BigInteger: two's
// complement, big-endian, as few bytes as possible. `text` is as SELECT prints it. Returns false if
// it is not a DECIMAL with `scale` digits after the point.
bool AppendDecimal(std::string& to, std::string_view text, uint32_t scale);
// The same for an unsigned number.
void AppendUnsignedDecimal(std::string& to, uint64_t value);

}  // namespace millrace::kafka
