// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "feed/read_cache.h"
#include "log/log.h"
#include "log/read_from.h"
#include "model/sequence.h"

namespace millrace::feed {

// Called once per publication, on the publishing thread. Must be quick and must not call back.
class PublicationListener {
 public:
  virtual ~PublicationListener() = default;
  virtual void OnPublished() = 0;
};

// After NotInMemory, a caller repeats the read on a thread of DiskReaders.
using log::IsNotInMemory;
using log::NotInMemory;
using log::ReadFrom;

// The log as readers see it: committed frames, the newest of them in memory. Readers see a commit
// only once it is published, because table versions become known between commit and publication.
// One thread publishes; all other methods are thread-safe.
class Feed {
 public:
  // `log` must outlive the feed. Everything in it at construction counts as published. The feed
  // also caches frames read from disk, up to half of `ring_bytes`.
  Feed(log::Log& log, uint64_t ring_bytes);

  // Makes the latest commits visible to readers. `frames` are the newest of them: consecutive, and
  // later than all published before. Call it on the committing thread.
  void Publish(const std::vector<FramePtr>& frames) ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns consecutive frames, starting with the one that contains `from`: as many as fit
  // `bytes_max`, but at least one. Empty if `from` is after the newest change. Looks in memory
  // first, then on disk. Fails like Log::ReadFrames, and with NotInMemory.
  absl::StatusOr<std::vector<FramePtr>> Read(Sequence from, size_t bytes_max,
                                             ReadFrom source = ReadFrom::kDisk) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The position of a reader that has seen everything.
  struct Edge {
    log::Range range;
    std::string source_position;  // binary SourcePosition up to range.newest
  };
  Edge edge() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The range visible to readers.
  log::Range range() const;
  const log::Log& log() const { return log_; }
  uint64_t ring_bytes() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Remove `listener` before destroying it.
  void AddListener(PublicationListener* listener) ABSL_LOCKS_EXCLUDED(mutex_);
  void RemoveListener(PublicationListener* listener) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::vector<FramePtr> ReadRing(Sequence from, size_t bytes_max) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  log::Log& log_;
  const uint64_t ring_bytes_max_;
  mutable ReadCache cache_;

  std::atomic<uint64_t> newest_;

  mutable absl::Mutex mutex_;
  std::string source_position_ ABSL_GUARDED_BY(mutex_);
  std::deque<FramePtr> ring_ ABSL_GUARDED_BY(mutex_);
  uint64_t ring_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<PublicationListener*> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::feed
