// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "binlog/events.h"

namespace millrace::binlog {

// Reads the two parts of an XID, `global` then `branch`. Fails the reader if one exceeds 64 bytes.
void ReadXidText(ByteReader& reader, uint32_t global_size, uint32_t branch_size, Xid& xid);

}  // namespace millrace::binlog
