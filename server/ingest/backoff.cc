// SPDX-License-Identifier: Apache-2.0

#include "ingest/backoff.h"

#include <algorithm>
#include <utility>

namespace millrace::ingest {

Backoff::Backoff(Micros min, Micros max) : min_(min), max_(std::max(min, max)), next_(min) {}

bool Backoff::IsProgress(const Attempt& attempt) const {
  // Another millraced with our server_id waits up to `max_` before it ends our stream again. So
  // transactions that we read until then are no progress.
  if (attempt.policy == RetryPolicy::kWaitKeepingBackoff) return attempt.streamed > 2 * max_;
  return attempt.read_transaction || attempt.streamed > max_;
}

Micros Backoff::After(const Attempt& attempt) {
  if (IsProgress(attempt)) Reset();
  return std::exchange(next_, std::min(2 * next_, max_));
}

}  // namespace millrace::ingest
