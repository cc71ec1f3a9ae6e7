// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "feed/subscription.h"

namespace millrace::feed {

// A named position to be stored, or removed.
struct PositionChange {
  std::string name;
  std::optional<Subscription> position;  // nothing: remove
  // Called once with this change, when the disk has it or it has failed.
  std::function<void(const PositionChange& change, const absl::Status& status)> done;
};

// The thread on which named positions are stored, since each waits for the disk. All that gathered
// while the disk was busy are stored together, in the order in which they came. Thread-safe.
class PositionWriter {
 public:
  // Stores some and calls `done` of each.
  using Store = std::function<void(std::vector<PositionChange> group)>;

  // At most `changes_max` wait.
  PositionWriter(size_t changes_max, Store store);
  // Waits until all that were added are done.
  ~PositionWriter();

  // Takes the change. False if too many wait; then it is as it was.
  bool TryAdd(PositionChange& change) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<PositionChange> TakeAll() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasChangeOrIsStopping() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  }

  const size_t changes_max_;
  const Store store_;
  absl::Mutex mutex_;
  std::vector<PositionChange> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace millrace::feed
