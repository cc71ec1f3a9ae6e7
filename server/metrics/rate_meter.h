// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"

namespace millrace {

// Turns a count into a rate per second over the last ten seconds. Costs the counting side nothing:
// it is fed when it is read. Thread-safe.
class RateMeter {
 public:
  // Counts from 0 now. `clock` outlives the meter.
  explicit RateMeter(const Clock& clock);

  // Takes the count as it is now and returns its growth per second since the reading that is
  // nearest to ten seconds ago but not nearer; since the oldest one while none is that old. So
  // whoever reads seldom gets the rate since the reading before. 0 while no time has passed.
  double PerSecond(uint64_t count) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Reading {
    Micros time;
    uint64_t count;
  };

  const Clock& clock_;
  absl::Mutex mutex_;
  // Oldest first, at least a tenth of the window apart: a dozen at most.
  std::deque<Reading> readings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
