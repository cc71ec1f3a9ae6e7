// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace millrace {

// `durable`: on disk before anyone sees it. `relaxed`: written to the operating system; a power
// loss may take back what subscribers saw.
enum class Durability { kDurable, kRelaxed };

// The log. Defaults are what the example configuration shows.
struct LogOptions {
  std::string directory = "/var/lib/millrace";
  Durability durability = Durability::kDurable;
  // Older transactions are trimmed. 0: no limit by age.
  Micros retention_age = Micros{7} * 24 * 3600 * 1'000'000;
  // Oldest frames are trimmed while the log takes more. 0: no limit by size.
  uint64_t retention_bytes = uint64_t{64} << 30;
  // Named subscriptions hold retention back up to this size of the log; 0: they never do.
  uint64_t hold_bytes_max = 0;
  // Kept for when the disk is full, so that the log can still be opened and trimmed; an eighth of
  // the file system if that is less. 0: nothing.
  uint64_t ballast_bytes = uint64_t{16} << 20;
  // A frame closes at this size. 64 KiB is where RocksDB and gRPC both reach their full throughput.
  uint32_t frame_bytes = 64 << 10;
  // Newest frames kept in memory for all subscribers together. Half as many bytes again keep what
  // was read from disk lately.
  uint64_t ring_bytes = uint64_t{32} << 20;

  friend bool operator==(const LogOptions&, const LogOptions&) = default;
};

}  // namespace millrace
