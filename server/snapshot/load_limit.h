// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/snapshot_options.h"
#include "mysql/connection.h"
#include "snapshot/jobs.h"

namespace millrace::snapshot {

// Makes a reader wait while the source has more to do than the options allow. Used on one thread.
class LoadLimit {
 public:
  // Both must outlive it.
  LoadLimit(const SnapshotOptions& options, const Clock& clock)
      : options_(options), clock_(clock) {}

  // Returns when the source's load is below the limits, or nobody wants `job` any more, whose
  // status says meanwhile why it waits. Asks the source once a second at most. Errors as
  // FetchSourceLoad.
  absl::Status Wait(Connection& connection, Jobs& jobs, uint64_t job);

 private:
  // Empty: nothing is too much.
  absl::StatusOr<std::string> FindExceededLimit(Connection& connection) const;

  const SnapshotOptions& options_;
  const Clock& clock_;
  Micros checked_at_ = 0;
};

}  // namespace millrace::snapshot
