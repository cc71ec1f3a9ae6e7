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

// Frames recently read from disk. Readers that follow each other through old data thus read, check
// and decompress each frame once. Evicts the oldest entry first. Thread-safe.
class ReadCache {
 public:
  // Holds at most `bytes_max`, and no frame larger than a quarter of that.
  explicit ReadCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Consecutive frames, starting with the one that contains `from`, as many as are cached and fit
  // `bytes_max`. Empty if the first is not cached.
  std::vector<FramePtr> Read(Sequence from, size_t bytes_max) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Requires: the frames are visible, so the changes at their sequences are final.
  void Add(const std::vector<FramePtr>& frames) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const uint64_t bytes_max_;
  mutable absl::Mutex mutex_;
  std::map<Sequence, FramePtr> frames_ ABSL_GUARDED_BY(mutex_);  // by first sequence
  std::deque<Sequence> order_ ABSL_GUARDED_BY(mutex_);           // oldest entry first
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::feed
