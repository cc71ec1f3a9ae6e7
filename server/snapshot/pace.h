// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "config/snapshot_options.h"

namespace millrace::snapshot {

// Chooses the number of rows of the next chunk, so that it takes about the configured time and at
// most the configured bytes. For one thread.
class ChunkSize {
 public:
  explicit ChunkSize(const SnapshotOptions& options) : options_(options) {}

  uint64_t rows() const { return rows_; }
  // Records a chunk that was read.
  void NoteChunk(uint64_t rows, uint64_t bytes, Micros time);
  // Makes the next chunk smaller. False if it is a single row already.
  bool Halve();

 private:
  const SnapshotOptions& options_;
  uint64_t rows_ = 1000;
};

// Limits all readers together to `rows_per_second`. Thread-safe.
class Pace {
 public:
  Pace(uint64_t rows_per_second, const Clock& clock)
      : rows_per_second_(rows_per_second), clock_(clock) {}

  // Records `rows` read. Returns how long to wait before the next ones.
  Micros Spend(uint64_t rows) ABSL_LOCKS_EXCLUDED(mutex_);
  // Maximum rows per read, so that the rate also holds over short times; 0: no limit.
  uint64_t rows_max() const { return rows_per_second_ == 0 ? 0 : rows_per_second_ / 5 + 1; }

 private:
  const uint64_t rows_per_second_;  // 0: no limit
  const Clock& clock_;
  absl::Mutex mutex_;
  Micros free_at_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::snapshot
