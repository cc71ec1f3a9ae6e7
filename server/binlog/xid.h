// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "binlog/events.h"

namespace millrace::binlog {

// The two texts of an XID, one after the other. Fails the reader if one is longer than an XID's can
// be.
void ReadXidText(ByteReader& reader, uint32_t global_size, uint32_t branch_size, Xid& xid);

}  // namespace millrace::binlog
