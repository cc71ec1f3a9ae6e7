// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "base/clock.h"
#include "log/frame.h"

namespace millrace::log {

// On MariaDB a session can give its transactions any commit time (SET timestamp). So a time that is
// further ahead of the present than this is not believed: it decides neither what retention trims
// nor where a start by time begins. Clocks of machines differ by less.
constexpr Micros kClockAheadMax = Micros{600} * 1'000'000;

// Whether the transaction of `segment`, of `frame`, can have been committed when it says; `now` is
// the present. What was not believed when it was written is greater than the frame's maximum.
inline bool IsPlausibleCommitTime(const Frame& frame, const Segment& segment, Micros now) {
  return segment.commit_time <= frame.commit_time_max() &&
         segment.commit_time <= now + kClockAheadMax;
}

// The greatest commit time up to and with `frame` that is believed. Logs of before such times were
// bounded have frames whose maximum is not; then it is that of the frame's own transactions, or
// nothing if none is believed.
std::optional<Micros> PlausibleCommitTimeMax(const Frame& frame, Micros now);

}  // namespace millrace::log
