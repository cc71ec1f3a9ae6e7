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

// Makes a reader wait while the load of the source exceeds the options. Used on one thread.
class LoadLimit {
 public:
  // Both must outlive the limit.
  LoadLimit(const SnapshotOptions& options, const Clock& clock)
      : options_(options), clock_(clock) {}

  // Returns once the source's load is below the limits, or `job` is not wanted any more. The job's
  // status shows the reason for the wait. Queries the source at most once a second. Fails like
  // FetchSourceLoad.
  absl::Status Wait(Connection& connection, Jobs& jobs, uint64_t job);

 private:
  // Describes the exceeded limit; empty: none.
  absl::StatusOr<std::string> FindExceededLimit(Connection& connection) const;

  const SnapshotOptions& options_;
  const Clock& clock_;
  Micros checked_at_ = 0;
};

}  // namespace millrace::snapshot
