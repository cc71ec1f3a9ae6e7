// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "log/frame.h"
#include "model/sequence.h"

namespace millrace::feed {

using FramePtr = std::shared_ptr<const log::Frame>;

// Frames that were read from disk lately, so that readers who follow each other through old data
// read, check and uncompress them once. What was added first goes first. Thread-safe.
class ReadCache {
 public:
  // Holds at most `bytes_max`, and no frame that takes more than a quarter of that.
  explicit ReadCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Frames from the one that holds `from` on, without gap, as many as are here and fit `bytes_max`;
  // empty if the first is not here.
  std::vector<FramePtr> Read(Sequence from, size_t bytes_max) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Requires: they are visible, so what has their sequences never changes.
  void Add(const std::vector<FramePtr>& frames) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const uint64_t bytes_max_;
  mutable absl::Mutex mutex_;
  std::map<Sequence, FramePtr> frames_ ABSL_GUARDED_BY(mutex_);  // by first sequence
  std::deque<Sequence> order_ ABSL_GUARDED_BY(mutex_);           // in which they came
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::feed
