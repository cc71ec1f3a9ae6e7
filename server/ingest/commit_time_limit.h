// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>

#include "base/clock.h"

namespace millrace::ingest {

// Clamps commit times to the present, because a MariaDB session can claim any time (SET timestamp).
// The present is the later of the source's clock and ours. log::kClockAheadMax tolerates a third
// clock that is ahead, such as that of the source's own source. Not thread-safe.
class CommitTimeLimit {
 public:
  explicit CommitTimeLimit(const Clock& clock) : clock_(clock) {}

  // Sets the current time of the source's clock; 0: unknown.
  void SetSourceTime(Micros source_time);
  // The current time of the source's clock, or of our clock if that is unknown.
  Micros SourceNow() const;
  // Returns `commit_time`, or the present if `commit_time` exceeds it by more than kClockAheadMax.
  Micros Clamp(Micros commit_time) {
    if (commit_time <= limit_) [[likely]]
      return commit_time;
    return ClampSlowly(commit_time);
  }

 private:
  // The later of both clocks.
  Micros Now() const { return std::max(clock_.WallMicros(), SourceNow()); }
  Micros ClampSlowly(Micros commit_time);

  const Clock& clock_;
  Micros source_time_ = 0;
  Micros source_time_at_ = 0;  // of SetSourceTime, steady
  Micros limit_ = 0;           // times up to this are accepted without reading the clocks
};

}  // namespace millrace::ingest
