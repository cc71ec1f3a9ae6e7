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

// Commit times of changes anywhere in the log, for callers that cannot wait long for the disk.
// DiskReaders reads frames that are not in memory. A time that takes too long is reported as
// unknown, but up to 16 such reads continue, so a later call knows the time. Thread-safe.
class CommitTimes {
 public:
  // Both must outlive the threads of `readers`.
  CommitTimes(const Feed& feed, DiskReaders& readers);
  ~CommitTimes();

  // Commit time of a retained change, limited to its frame's commit_time_max(), which excludes
  // implausible times. Nothing if it is absent, unreadable, or still unknown at `deadline`.
  std::optional<Micros> Of(Sequence sequence, absl::Time deadline);
  // Text of the token before the oldest change. Empty if it is still unknown at `deadline`, or
  // cannot be read.
  std::string OldestToken(absl::Time deadline);

 private:
  class State;
  // Shared with the reading task.
  const std::shared_ptr<State> state_;
};

}  // namespace millrace::feed
