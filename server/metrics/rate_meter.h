// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"

namespace millrace {

// Turns a count into a rate per second over the last ten seconds. Costs the counting threads
// nothing: readers pass in the count. Thread-safe.
class RateMeter {
 public:
  // Assumes a count of 0 now. `clock` must outlive the meter.
  explicit RateMeter(const Clock& clock);

  // Takes the current count and returns its growth per second since the latest reading that is at
  // least ten seconds old, or since the oldest reading if none is. So a caller that reads rarely
  // gets the rate since its previous reading. Returns 0 if no time has passed.
  double PerSecond(uint64_t count) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Reading {
    Micros time;
    uint64_t count;
  };

  const Clock& clock_;
  absl::Mutex mutex_;
  // Oldest first, at least a tenth of the window apart, so at most a dozen.
  std::deque<Reading> readings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
