// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/status.h"
#include "config/snapshot_options.h"
#include "mysql/connection.h"
#include "mysql/source_check.h"

namespace millrace {

// Adds a finding if the account may not have as many connections at once as the feed and, unless
// `snapshots` is null, its snapshots take: an error where the feed itself cannot work.
absl::Status CheckConnectionLimit(Connection& connection, const SnapshotOptions* snapshots,
                                  std::vector<Finding>& findings);

}  // namespace millrace
