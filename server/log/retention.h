// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "base/clock.h"

namespace millrace::log {

// Computes the commit time before which transactions have expired. Commit times come from the
// source's clock. That clock and the local clock can both jump, so neither is trusted alone:
//  - "Now" is the earlier of two times: the local wall clock, and the newest commit time plus the
//    steady time since this class first saw that commit. So a jump of one clock expires nothing
//    early.
//  - Both clocks can jump together, if they belong to one machine. So the cutoff starts at the
//    oldest commit time in the log and advances at most kCatchUpFactor times as fast as time
//    passes: a jump of years takes hours to empty a log of days, and setting the clock back stops
//    the cutoff. For the same reason a log that was down for days trims step by step, not at once.
// Use from one thread.
class AgeLimit {
 public:
  static constexpr Micros kCatchUpFactor = 4;

  // If `age` is 0, Cutoff must not be called.
  AgeLimit(Micros age, const Clock& clock);

  // Returns the commit time before which transactions have expired. `oldest` and `newest` are the
  // commit times of the oldest and the newest frame. Never later than now minus the age. Call it
  // regularly: it compares the clocks between two calls to detect jumps.
  Micros Cutoff(Micros oldest, Micros newest);

 private:
  const Micros age_;
  const Clock& clock_;
  Micros called_at_;  // steady
  Micros newest_ = 0;
  Micros newest_at_;  // steady
  std::optional<Micros> cutoff_;
};

}  // namespace millrace::log
