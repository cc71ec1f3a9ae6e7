// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::kafka {

// Base64 of the unscaled value of a DECIMAL as java.math.BigInteger writes it: two's complement,
// big-endian, no byte more than needed. `text` is as SELECT prints it; false if it is no DECIMAL
// with `scale` digits after the point.
bool AppendDecimal(std::string& to, std::string_view text, uint32_t scale);
// The same of an unsigned number.
void AppendUnsignedDecimal(std::string& to, uint64_t value);

}  // namespace millrace::kafka
