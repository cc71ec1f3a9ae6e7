// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "config/server_options.h"
#include "listener/connections.h"

namespace millrace::listener {

// Features that need descriptors, apart from client connections.
struct DescriptorUses {
  uint32_t snapshot_connections = 0;
  bool kafka = false;
  bool metrics = false;
};

// How many of `limit` descriptors are reserved for the log, the source, Kafka and the metrics page,
// so that client connections cannot stop the feed.
uint64_t ReservedDescriptors(uint64_t limit, const DescriptorUses& uses);

// The limits of `options`, lowered if they do not fit in `limit`. If lowered, one peer can have at
// most half of the connections.
ConnectionLimits FittingLimits(const ServerOptions& options, uint64_t limit,
                               const DescriptorUses& uses);

}  // namespace millrace::listener
