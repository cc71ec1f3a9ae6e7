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

// Knows whether the log's disk is full, and keeps a reserve for that case: the file `BALLAST`,
// whose blocks are allocated and hold nothing. A write that finds the disk full frees a part of
// them and is tried again, so RocksDB rarely sees an error. After that the log refuses new frames
// and records until the ballast can be made again; meanwhile retention can trim, and the server can
// stop and start. Thread-safe.
class DiskSpace {
 public:
  // What tests replace.
  struct Seams {
    // Allocates the first `bytes` of an open file; 0 or an errno.
    std::function<int(int file, uint64_t bytes)> allocate;
    // So many bytes of the ballast were freed.
    std::function<void(uint64_t bytes)> on_freed = [](uint64_t) {};
  };
  // posix_fallocate.
  static Seams SystemSeams();

  // The ballast has `ballast_bytes`, or an eighth of the file system if that is less; 0: there is
  // none. Does not touch the disk.
  DiskSpace(std::string directory, uint64_t ballast_bytes, Seams seams);

  // A write failed for want of space. Frees a part of the ballast: a part, so that who else fills
  // the disk does not get all of it at once. False: nothing was left to free.
  bool OnNoSpace() ABSL_LOCKS_EXCLUDED(mutex_);
  // From OnNoSpace to MarkRecovered.
  bool full() const {
    return failed_writes_.load(std::memory_order_acquire) !=
           recovered_.load(std::memory_order_acquire);
  }
  // All of the ballast was freed, perhaps before the process started, and was not made again.
  bool was_released() const;

  // Makes the ballast again, greater by `extra_bytes` bytes until MarkRecovered, if there is room
  // for that. kResourceExhausted DISK_FULL, kInternal STORAGE_FAILED: it is as before.
  absl::Status Restore(uint64_t extra_bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // Calls of OnNoSpace so far.
  uint64_t failed_writes() const { return failed_writes_.load(std::memory_order_acquire); }
  // What was needed after that many failed writes is done, and there is room again. Stays full if
  // more have failed.
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
  absl::Mutex mutex_;  // one thread changes the file
};

}  // namespace millrace::log
