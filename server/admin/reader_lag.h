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

// How far a reader of the log is behind its newest change.
struct ReaderLag {
  uint64_t changes = 0;
  // Age of the first change that it has not passed; nothing if that cannot be told.
  std::optional<Micros> time = 0;
};

// Measures readers against the log as it is at one moment. Of a reader that is behind what is in
// memory, the time is unknown if the disk has not told it by the deadline.
class ReaderLags {
 public:
  // `times` must outlive it.
  ReaderLags(const feed::Feed& feed, const Clock& clock, feed::CommitTimes& times,
             absl::Time deadline)
      : times_(times), deadline_(deadline), range_(feed.range()), now_(clock.WallMicros()) {}

  // Of a reader that has passed `sequence`.
  ReaderLag Of(Sequence sequence) const;
  // The same without its time, unless that is zero.
  ReaderLag ChangesOf(Sequence sequence) const;
  // Commit time of this retained change; nothing if it is unknown.
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
