// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/status.h"
#include "config/snapshot_options.h"
#include "mysql/connection.h"
#include "mysql/source_check.h"

namespace millrace {

// Adds a finding if the account may not open as many connections at once as the feed and its
// snapshots need; a null `snapshots` excludes snapshots. An error if the feed itself cannot work,
// otherwise a warning.
absl::Status CheckConnectionLimit(Connection& connection, const SnapshotOptions* snapshots,
                                  std::vector<Finding>& findings);

}  // namespace millrace
