// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "config/server_options.h"
#include "listener/connections.h"

namespace millrace::listener {

// What beside connections of clients needs descriptors.
struct DescriptorUses {
  uint32_t snapshot_connections = 0;
  bool kafka = false;
  bool metrics = false;
};

// Descriptors that are kept from clients where the process may have `limit`: for the log, the
// source, Kafka and the metrics page, so that clients cannot stop the feed.
uint64_t ReservedDescriptors(uint64_t limit, const DescriptorUses& uses);

// As `options` says, or less, if `limit` has no room for so many. Then one peer may have half.
ConnectionLimits FittingLimits(const ServerOptions& options, uint64_t limit,
                               const DescriptorUses& uses);

}  // namespace millrace::listener
