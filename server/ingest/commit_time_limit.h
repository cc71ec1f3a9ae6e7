// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>

#include "base/clock.h"

namespace millrace::ingest {

// Clamps commit times to the present. A session of MariaDB can claim any (SET timestamp). Nothing
// that is read was committed after the present, by the clock of the source or ours, whichever is
// ahead; log::kClockAheadMax is for clocks between which there is a third one, as of a source's
// source. Not thread-safe.
class CommitTimeLimit {
 public:
  explicit CommitTimeLimit(const Clock& clock) : clock_(clock) {}

  // What the source's clock shows now; 0: unknown.
  void SetSourceTime(Micros source_time);
  // The present by the source's clock, as far as it is known.
  Micros SourceNow() const;
  // `commit_time`, or the present if that is earlier by more than kClockAheadMax.
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
  Micros source_time_at_ = 0;  // steady
  Micros limit_ = 0;           // of what is believed, at some time before
};

}  // namespace millrace::ingest
