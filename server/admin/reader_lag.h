// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "feed/feed.h"
#include "model/sequence.h"

namespace millrace::admin {

// How far a reader of the log is behind its newest change.
struct ReaderLag {
  uint64_t changes = 0;
  // Age of the first change that it has not passed; nothing if that cannot be told.
  std::optional<Micros> time = 0;
};

// Measures readers against the log as it is at one moment. Reads a frame from disk for a reader
// that is behind the ring, one for all that stand in it if they are asked for in order.
class ReaderLags {
 public:
  // `feed` must outlive it.
  ReaderLags(const feed::Feed& feed, const Clock& clock)
      : feed_(feed), range_(feed.range()), now_(clock.WallMicros()) {}

  // Of a reader that has passed `sequence`.
  ReaderLag Of(Sequence sequence);
  // The same without its time, unless that is zero. Reads nothing.
  ReaderLag ChangesOf(Sequence sequence) const;
  // Commit time of this retained change; nothing if it is unknown.
  std::optional<Micros> CommitTimeOf(Sequence sequence);
  const log::Range& range() const { return range_; }

 private:
  const feed::Feed& feed_;
  const log::Range range_;
  const Micros now_;
  feed::FramePtr frame_;  // the last one that was needed
};

}  // namespace millrace::admin
