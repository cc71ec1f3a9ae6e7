// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <limits>
#include <random>

#include "absl/time/time.h"

namespace millrace::client {

// How to go on after a failure that may pass.
struct RetryOptions {
  // Wait after the first failure. Short, so that a restart of the server is hardly noticed.
  absl::Duration backoff_initial = absl::Milliseconds(100);
  // Longest wait: what a server has to bear from clients that all lost it at once.
  absl::Duration backoff_max = absl::Seconds(10);
  // Failures in a row, no response between them, after which the failure is given to the caller.
  int attempts_max = std::numeric_limits<int>::max();
};

// Waits that double from failure to failure, each shortened at random by up to a half so that many
// clients do not come back at the same moment. Not thread-safe.
class Backoff {
 public:
  explicit Backoff(const RetryOptions& options);

  // The wait after one more failure.
  absl::Duration Next();
  // Failures since the last Reset.
  int failures() const { return failures_; }
  // Begins anew; called when there was progress.
  void Reset();

 private:
  const RetryOptions options_;
  std::minstd_rand random_;
  absl::Duration ceiling_;
  int failures_ = 0;
};

}  // namespace millrace::client
