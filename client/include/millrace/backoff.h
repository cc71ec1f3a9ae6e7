// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <limits>
#include <random>

#include "absl/time/time.h"

namespace millrace::client {

// How to retry after a temporary failure.
struct RetryOptions {
  // Wait after the first failure. Short, so that a server restart causes little delay.
  absl::Duration backoff_initial = absl::Milliseconds(100);
  // Longest wait. Protects a server from many clients that lost it at the same time.
  absl::Duration backoff_max = absl::Seconds(10);
  // Consecutive failures, without a response between them, that are retried. The next failure is
  // returned to the caller.
  int attempts_max = std::numeric_limits<int>::max();
};

// Computes waits that double with each failure. Each wait is shortened at random by up to half, so
// that many clients do not reconnect at the same moment. Not thread-safe.
class Backoff {
 public:
  explicit Backoff(const RetryOptions& options);

  // Counts a failure and returns the wait after it.
  absl::Duration Next();
  // Failures since the last Reset.
  int failures() const { return failures_; }
  // Starts again with the initial wait. Call it after progress.
  void Reset();

 private:
  const RetryOptions options_;
  std::minstd_rand random_;
  absl::Duration ceiling_;
  int failures_ = 0;
};

}  // namespace millrace::client
