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

// What the mirror has done and what keeps it, for who looks on. Thread-safe.
class MirrorProgress {
 public:
  explicit MirrorProgress(const Clock& clock) : records_rate_(clock) {}

  // OK: all is well.
  void SetError(const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);
  // Warnings of one subject replace each other; at most a hundred are kept. True if it is news.
  bool Warn(const std::string& subject, const std::string& warning) ABSL_LOCKS_EXCLUDED(mutex_);
  // Where the mirror is without having sent anything. Nothing: not in this log.
  void SetPosition(std::optional<Sequence> position) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountCommit(const TopicCounts& counts, Sequence position) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountAbort() ABSL_LOCKS_EXCLUDED(mutex_);

  // The place that retention must leave in the log, with all after it: everything until the
  // mirror's place is known; nothing if that is not in this log.
  std::optional<Sequence> HoldFrom() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Fills in all but what the mirror is doing and who it is. The time of its lag only if that is in
  // memory.
  void Describe(const feed::Feed& feed, const Clock& clock, MirrorStatus& status) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable RateMeter records_rate_;
  mutable absl::Mutex mutex_;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> warnings_ ABSL_GUARDED_BY(mutex_);
  // Whether it was learned where the mirror is; if so, `position_` is nothing only for a place that
  // is not in this log.
  bool position_known_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Sequence> position_ ABSL_GUARDED_BY(mutex_);
  uint64_t records_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t transactions_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t transactions_aborted_ ABSL_GUARDED_BY(mutex_) = 0;
  TopicCounts topics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::mirror
