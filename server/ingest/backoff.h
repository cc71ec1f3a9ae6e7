// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "base/clock.h"
#include "base/retry_policy.h"

namespace millrace::ingest {

// How one attempt to read the source ended.
struct Attempt {
  RetryPolicy policy = RetryPolicy::kWait;
  bool read_transaction = false;
  Micros streamed = 0;  // how long the binlog was read
};

// How long to wait before the next attempt: doubles from `min` to `max`, and restarts at `min`
// after progress. Progress is a transaction, or a stream that lasted longer than the longest wait;
// with kWaitKeepingBackoff, only a stream that lasted twice as long. A connection and a few bytes
// are not progress: otherwise two servers with the same server_id would end each other's
// connections without a pause.
class Backoff {
 public:
  Backoff(Micros min, Micros max);
  // Returns the wait after this attempt.
  Micros After(const Attempt& attempt);
  // Call it when the cause of the failures may be gone.
  void Reset() { next_ = min_; }

 private:
  bool IsProgress(const Attempt& attempt) const;

  const Micros min_;
  const Micros max_;
  Micros next_;
};

}  // namespace millrace::ingest
