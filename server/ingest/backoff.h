// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "base/clock.h"
#include "base/retry_policy.h"

namespace millrace::ingest {

// How an attempt to follow the source ended.
struct Attempt {
  RetryPolicy policy = RetryPolicy::kWait;
  bool read_transaction = false;
  Micros streamed = 0;  // how long the binlog was read
};

// How long to wait before the next attempt: doubled from `min` to `max`, and from `min` again after
// progress. A connection and a few bytes are no progress, for then two servers that end each
// other's connections would do so without a pause. Progress is a transaction, or a stream that
// lasted longer than the longest wait.
class Backoff {
 public:
  Backoff(Micros min, Micros max);
  // The wait after an attempt that ended like this.
  Micros After(const Attempt& attempt);
  // The cause of the failures may be gone.
  void Reset() { next_ = min_; }

 private:
  bool IsProgress(const Attempt& attempt) const;

  const Micros min_;
  const Micros max_;
  Micros next_;
};

}  // namespace millrace::ingest
