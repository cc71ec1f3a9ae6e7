// SPDX-License-Identifier: Apache-2.0

#include "log/commit_time.h"

#include <algorithm>

namespace millrace::log {

std::optional<Micros> PlausibleCommitTimeMax(const Frame& frame, Micros now) {
  if (frame.commit_time_max() <= now + kClockAheadMax) return frame.commit_time_max();
  std::optional<Micros> time;
  for (const Segment& segment : frame.segments()) {
    if (!IsPlausibleCommitTime(frame, segment, now)) continue;
    time = std::max(time.value_or(segment.commit_time), segment.commit_time);
  }
  return time;
}

}  // namespace millrace::log
