// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "base/clock.h"

namespace millrace::log {

// Says up to which commit time transactions have expired. Commit times are the source's, and both
// its clock and ours may jump, so neither is trusted alone:
//  - Now is the earlier of our wall clock and the newest commit time plus the time that has passed,
//    by the steady clock, since that commit was first seen here. A jump of one of the two clocks
//    therefore expires nothing early.
//  - Should both jump together (one machine), the cutoff still advances at most kCatchUpFactor
//  times as
//    fast as time passes, from the oldest commit time held: a jump of years takes hours to empty a
//    log of days, and going back stops it. The same bound makes a log that was down for days trim
//    what expired meanwhile step by step instead of at once.
// One thread.
class AgeLimit {
 public:
  static constexpr Micros kCatchUpFactor = 4;

  // `age` > 0.
  AgeLimit(Micros age, const Clock& clock);

  // Commit time before which transactions have expired, given the commit times of the oldest and
  // the newest frame. Never later than now less the age. To be called every so often: jumps are
  // told from passing time between two calls.
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
