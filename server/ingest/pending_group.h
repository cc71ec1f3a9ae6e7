// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ingest/commit_group.h"

namespace millrace::ingest {

// What waits for the disk: groups become one as they come, so that the next write and sync cover
// all that gathered during the last, however small and many. Thread-safe.
class PendingGroup {
 public:
  explicit PendingGroup(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Waits until less than `bytes_max` bytes wait, or nothing does if `group` cannot join what
  // does. False if it is or gets closed: `group` is dropped.
  bool Push(CommitGroup group) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes all that waits, waiting while nothing does. Nothing once it is closed and empty.
  std::optional<CommitGroup> Take() ABSL_LOCKS_EXCLUDED(mutex_);

  // Push refuses from now on, Take hands out what is left.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !group_.has_value() || BytesOf(*group_) < bytes_max_;
  }
  bool IsEmpty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !group_.has_value();
  }
  bool HasGroup() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || group_.has_value();
  }

  const size_t bytes_max_;
  absl::Mutex mutex_;
  std::optional<CommitGroup> group_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::ingest
