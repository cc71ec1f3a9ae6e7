// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "metrics/rate_meter.h"
#include "mirror/mirror_status.h"
#include "mirror/sink.h"
#include "model/sequence.h"

namespace millrace::mirror {

// Position, counters, error and warnings of a mirror, for its status and metrics. Thread-safe.
class MirrorProgress {
 public:
  explicit MirrorProgress(const Clock& clock) : records_rate_(clock) {}

  // OK clears the error.
  void SetError(const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sets the warning of `subject`. Keeps at most a hundred subjects. Returns false if the warning
  // is unchanged or there was no room for it.
  bool Warn(const std::string& subject, const std::string& warning) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sets the last committed change, as read from the sink. Nothing: the position is not in this
  // log.
  void SetPosition(std::optional<Sequence> position) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountCommit(const TopicCounts& counts, Sequence position) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountAbort() ABSL_LOCKS_EXCLUDED(mutex_);

  // The last committed change: retention must keep all changes after it. 0, and so the whole log,
  // while the position is unknown; nothing if the position is not in this log.
  std::optional<Sequence> HoldFrom() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Fills in everything but name, format and state. Sets `status.lag` only if the commit time of
  // the next change is in memory.
  void Describe(const feed::Feed& feed, const Clock& clock, MirrorStatus& status) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable RateMeter records_rate_;
  mutable absl::Mutex mutex_;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> warnings_ ABSL_GUARDED_BY(mutex_);
  // False until the position was read from the sink. Once true, an empty `position_` means that the
  // position is not in this log.
  bool position_known_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Sequence> position_ ABSL_GUARDED_BY(mutex_);
  uint64_t records_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t transactions_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t transactions_aborted_ ABSL_GUARDED_BY(mutex_) = 0;
  TopicCounts topics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::mirror
