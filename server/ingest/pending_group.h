// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ingest/commit_group.h"

namespace millrace::ingest {

// The data waiting for the disk, merged into one group where possible. So the next write and fsync
// cover everything that arrived during the last one. Thread-safe.
class PendingGroup {
 public:
  explicit PendingGroup(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Waits until fewer than `bytes_max` bytes are pending, or none if `group` cannot be merged.
  // False if Close was called, also while waiting: `group` is dropped.
  bool Push(CommitGroup group) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes everything pending; waits while there is nothing. Nothing if Close was called and nothing
  // is left.
  std::optional<CommitGroup> Take() ABSL_LOCKS_EXCLUDED(mutex_);

  // From now on Push refuses groups; Take still returns what is left.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool HasRoomOrIsClosed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !group_.has_value() || BytesOf(*group_) < bytes_max_;
  }
  bool IsEmptyOrClosed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !group_.has_value();
  }
  bool HasGroupOrIsClosed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || group_.has_value();
  }

  const size_t bytes_max_;
  absl::Mutex mutex_;
  std::optional<CommitGroup> group_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::ingest
