// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace millrace {

// `durable`: changes are on disk before subscribers see them. `relaxed`: changes are handed to the
// operating system; a power loss can remove changes that subscribers have seen.
enum class Durability { kDurable, kRelaxed };

// Options of the log.
struct LogOptions {
  std::string directory = "/var/lib/millrace";
  Durability durability = Durability::kDurable;
  // Trims older transactions. 0: no limit by age.
  Micros retention_age = Micros{7} * 24 * 3600 * 1'000'000;
  // Trims the oldest frames while the log is larger. 0: no limit by size.
  uint64_t retention_bytes = uint64_t{64} << 30;
  // Named subscriptions and the mirror in Kafka hold back trimming up to this size of the log. 0:
  // they never do.
  uint64_t hold_bytes_max = 0;
  // Space reserved for a full disk, so that the log can still be opened and trimmed; at most an
  // eighth of the file system. 0: none.
  uint64_t ballast_bytes = uint64_t{16} << 20;
  // A frame closes at this size. RocksDB and gRPC both reach full throughput at 64 KiB.
  uint32_t frame_bytes = 64 << 10;
  // Memory for the newest frames, shared by all subscribers. A further half of this size caches
  // frames that were recently read from disk.
  uint64_t ring_bytes = uint64_t{32} << 20;

  friend bool operator==(const LogOptions&, const LogOptions&) = default;
};

}  // namespace millrace
