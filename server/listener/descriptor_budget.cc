// SPDX-License-Identifier: Apache-2.0

#include "listener/descriptor_budget.h"

#include <algorithm>

#include "base/descriptor_limit.h"

namespace millrace::listener {
namespace {

// Standard streams, gRPC's pollers, listening sockets, files that are open briefly.
constexpr uint64_t kProcessDescriptors = 22;
// Files of the log in addition to LogFilesMax: write-ahead logs, the manifest, locks, directories,
// and files that a flush or a compaction writes.
constexpr uint64_t kLogWriteDescriptors = 16;
// Connections: the binlog dump, the check of the source before it, a query, and one to kill a
// query.
constexpr uint64_t kSourceDescriptors = 4;
// A socket and a pipe for each broker of a cluster of ten.
constexpr uint64_t kKafkaDescriptors = 32;
// The metrics page serves a few requests at a time, and about as many wait.
constexpr uint64_t kMetricsDescriptors = 24;

}  // namespace

uint64_t ReservedDescriptors(uint64_t limit, const DescriptorUses& uses) {
  return kProcessDescriptors + LogFilesMax(limit) + kLogWriteDescriptors + kSourceDescriptors +
         uses.snapshot_connections + (uses.kafka ? kKafkaDescriptors : 0) +
         (uses.metrics ? kMetricsDescriptors : 0);
}

ConnectionLimits FittingLimits(const ServerOptions& options, uint64_t limit,
                               const DescriptorUses& uses) {
  const uint64_t reserved = ReservedDescriptors(limit, uses);
  const uint64_t fit = std::max<uint64_t>(limit > reserved ? limit - reserved : 0, 1);
  ConnectionLimits limits{.connections_max = options.connections_max,
                          .connections_per_peer_max = options.connections_per_peer_max};
  if (fit >= limits.connections_max) return limits;
  limits.connections_max = static_cast<uint32_t>(fit);
  // One peer must not be able to use all connections.
  limits.connections_per_peer_max =
      std::min(limits.connections_per_peer_max, std::max(limits.connections_max / 2, 1u));
  return limits;
}

}  // namespace millrace::listener
