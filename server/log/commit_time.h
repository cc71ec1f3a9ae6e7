// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "base/clock.h"
#include "log/frame.h"

namespace millrace::log {

// The furthest that a plausible commit time can be ahead of now. On MariaDB a session can set any
// commit time for its transactions (SET timestamp). An implausible time affects neither retention
// nor a start by time. The clocks of two machines differ by less than this.
constexpr Micros kClockAheadMax = Micros{600} * 1'000'000;

// Whether the commit time of `segment` in `frame` is plausible. A time that was implausible when it
// was written exceeds the frame's maximum.
inline bool IsPlausibleCommitTime(const Frame& frame, const Segment& segment, Micros now) {
  return segment.commit_time <= frame.commit_time_max() &&
         segment.commit_time <= now + kClockAheadMax;
}

// The greatest plausible commit time up to and including `frame`. Earlier versions wrote frames
// with an implausible maximum: for those, the greatest plausible time in the frame itself; nullopt
// if there is none.
std::optional<Micros> PlausibleCommitTimeMax(const Frame& frame, Micros now);

}  // namespace millrace::log
