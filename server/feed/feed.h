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

// Told once for every publication, on the publishing thread: must be quick and must not call back.
class PublicationListener {
 public:
  virtual ~PublicationListener() = default;
  virtual void OnPublished() = 0;
};

// What needs the disk is repeated on a thread of DiskReaders.
using log::IsNotInMemory;
using log::NotInMemory;
using log::ReadFrom;

// The log as readers see it: committed frames, the newest of them in memory. What is committed is
// seen once it is published, since table versions become known in between. One thread publishes;
// everything else is thread-safe.
class Feed {
 public:
  // `log` must outlive it. What it holds by then counts as published. Half as many bytes again as
  // the ring's are kept of what was read from disk.
  Feed(log::Log& log, uint64_t ring_bytes);

  // Makes known to readers what was just committed, of which `frames` are the last ones. They
  // follow each other and what was published before. On the thread that commits.
  void Publish(const std::vector<FramePtr>& frames) ABSL_LOCKS_EXCLUDED(mutex_);

  // Frames from the one that holds `from` on, in order, as many as fit `bytes_max` and at least
  // one; empty if `from` is after the newest change. Memory first, then disk. Errors as
  // Log::ReadFrames, and NotInMemory.
  absl::StatusOr<std::vector<FramePtr>> Read(Sequence from, size_t bytes_max,
                                             ReadFrom source = ReadFrom::kDisk) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Where readers stand when they have seen everything.
  struct Edge {
    log::Range range;
    std::string source_position;  // binary SourcePosition up to range.newest
  };
  Edge edge() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Range of what readers may see.
  log::Range range() const;
  const log::Log& log() const { return log_; }
  uint64_t ring_bytes() const ABSL_LOCKS_EXCLUDED(mutex_);

  // `listener` must be removed before it goes.
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
