// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace millrace::log {

// Tracks whether the log's disk is full, and keeps a reserve for that case: the file `BALLAST`,
// whose allocated blocks have no content. A write that finds the disk full frees a part of the
// ballast and retries, so RocksDB rarely sees an error. From then on the log rejects frames and
// records until the whole ballast fits again. During that time retention can trim, and the server
// can stop and start. Thread-safe.
class DiskSpace {
 public:
  // Parts that tests replace.
  struct Seams {
    // Allocates the first `bytes` of an open file. Returns 0 or an errno.
    std::function<int(int file, uint64_t bytes)> allocate;
    // Called after `bytes` of the ballast were freed.
    std::function<void(uint64_t bytes)> on_freed = [](uint64_t) {};
  };
  // Uses posix_fallocate.
  static Seams SystemSeams();

  // The ballast has `ballast_bytes`, but at most an eighth of the file system; 0: no ballast. The
  // constructor does not access the disk.
  DiskSpace(std::string directory, uint64_t ballast_bytes, Seams seams);

  // Called when a write finds no space. Frees only a part of the ballast, so that another program
  // which fills the disk does not get all of it at once. False: the ballast is used up.
  bool OnNoSpace() ABSL_LOCKS_EXCLUDED(mutex_);
  // True from OnNoSpace until MarkRecovered.
  bool full() const {
    return failed_writes_.load(std::memory_order_acquire) !=
           recovered_.load(std::memory_order_acquire);
  }
  // True if the whole ballast was freed, possibly by an earlier process, and not allocated again.
  bool was_released() const;

  // Allocates the whole ballast, plus `extra_bytes` until MarkRecovered. kResourceExhausted
  // DISK_FULL, kInternal STORAGE_FAILED: the ballast is unchanged.
  absl::Status Restore(uint64_t extra_bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // The number of calls of OnNoSpace.
  uint64_t failed_writes() const { return failed_writes_.load(std::memory_order_acquire); }
  // Recovery from the first `failed_writes` failed writes is complete, and there is room. If more
  // writes have failed since, full() stays true.
  void MarkRecovered(uint64_t failed_writes) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  uint64_t BallastBytes() const;
  absl::Status Grow(int file, uint64_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Shrink(uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string directory_;
  const std::string path_;
  const uint64_t bytes_max_;
  const Seams seams_;
  std::atomic<uint64_t> failed_writes_{0};
  std::atomic<uint64_t> recovered_{0};
  absl::Mutex mutex_;  // held by the thread that changes the file
};

}  // namespace millrace::log
