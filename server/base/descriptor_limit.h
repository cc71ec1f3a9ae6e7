// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace {

// Descriptors that this process may have open. Each connection of a client takes one.

// Raises the soft limit to the hard one and returns the limit that holds then. Call it once, before
// anything else asks for the limit.
uint64_t RaiseDescriptorLimit();

// The limit that holds.
uint64_t DescriptorLimit();

// How many files of the log may stay open under `limit`. Fewer cost time, never data: RocksDB opens
// a file again when a reader needs it.
uint32_t LogFilesMax(uint64_t limit);

}  // namespace millrace
