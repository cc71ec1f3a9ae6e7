// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace {

// The limit on open file descriptors of this process. Each client connection takes one.

// Raises the soft limit to the hard limit and returns the limit now in force. Call it once, before
// any other code reads the limit.
uint64_t RaiseDescriptorLimit();

// The limit in force.
uint64_t DescriptorLimit();

// How many log files may stay open under `limit`. Fewer cost time, never data: RocksDB reopens a
// file when a reader needs it.
uint32_t LogFilesMax(uint64_t limit);

}  // namespace millrace
