// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"
#include "feed/commit_times.h"
#include "feed/feed.h"
#include "model/sequence.h"

namespace millrace::admin {

// How far a reader lags behind the newest change.
struct ReaderLag {
  uint64_t changes = 0;
  // Age of the first change not read yet; nothing if unknown.
  std::optional<Micros> time = 0;
};

// Measures the lag of readers against the log at one moment. The time of a reader that lags beyond
// the frames in memory is unknown if the disk does not return it by the deadline.
class ReaderLags {
 public:
  // `times` must outlive the object.
  ReaderLags(const feed::Feed& feed, const Clock& clock, feed::CommitTimes& times,
             absl::Time deadline)
      : times_(times), deadline_(deadline), range_(feed.range()), now_(clock.WallMicros()) {}

  // The lag of a reader that has read up to `sequence`.
  ReaderLag Of(Sequence sequence) const;
  // The same, but without the time, unless the lag is zero.
  ReaderLag ChangesOf(Sequence sequence) const;
  // Commit time of a retained change; nothing if unknown.
  std::optional<Micros> CommitTimeOf(Sequence sequence) const {
    return times_.Of(sequence, deadline_);
  }
  const log::Range& range() const { return range_; }

 private:
  feed::CommitTimes& times_;
  const absl::Time deadline_;
  const log::Range range_;
  const Micros now_;
};

}  // namespace millrace::admin
