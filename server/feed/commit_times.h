// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "feed/disk_readers.h"
#include "feed/feed.h"
#include "model/sequence.h"

namespace millrace::feed {

// Commit times of changes anywhere in the log, for those that cannot wait long for the disk. What
// is not in memory is read by DiskReaders. If that takes too long it is unknown, but the read goes
// on for up to 16 changes, so those are known at a later call. Thread-safe.
class CommitTimes {
 public:
  // Both must outlive the threads of `readers`.
  CommitTimes(const Feed& feed, DiskReaders& readers);
  ~CommitTimes();

  // Commit time, as far as it is believed, of a retained change. Nothing if it is unknown at
  // `deadline`, or cannot be read.
  std::optional<Micros> Of(Sequence sequence, absl::Time deadline);
  // Text of the token of the place before the oldest change. Empty in the same cases.
  std::string OldestToken(absl::Time deadline);

 private:
  class State;
  // Shared with the task that reads.
  const std::shared_ptr<State> state_;
};

}  // namespace millrace::feed
