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

// A named position to store or remove.
struct PositionChange {
  std::string name;
  std::optional<Subscription> position;  // nothing: remove
  // Called once, with this change, after it is on disk or has failed.
  std::function<void(const PositionChange& change, const absl::Status& status)> done;
};

// The thread that stores named positions, because each store waits for the disk. It stores all
// changes that queued up during a store together, in their order. Thread-safe.
class PositionWriter {
 public:
  // Stores the group and calls `done` of each change.
  using Store = std::function<void(std::vector<PositionChange> group)>;

  // At most `changes_max` changes wait.
  PositionWriter(size_t changes_max, Store store);
  // Waits until all added changes are done.
  ~PositionWriter();

  // Takes the change. False: too many wait; `change` is unchanged.
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
