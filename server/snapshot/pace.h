// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "config/snapshot_options.h"

namespace millrace::snapshot {

// How many rows the next chunk of a table is to have, so that it takes about the time and no more
// than the bytes that options say. For one thread.
class ChunkSize {
 public:
  explicit ChunkSize(const SnapshotOptions& options) : options_(options) {}

  uint64_t rows() const { return rows_; }
  // A chunk was read.
  void NoteChunk(uint64_t rows, uint64_t bytes, Micros time);
  // It has to be smaller. False if it is a single row already.
  bool Halve();

 private:
  const SnapshotOptions& options_;
  uint64_t rows_ = 1000;
};

// Holds all readers together to `rows_per_second`. Thread-safe.
class Pace {
 public:
  Pace(uint64_t rows_per_second, const Clock& clock)
      : rows_per_second_(rows_per_second), clock_(clock) {}

  // `rows` were read. Answers how long to wait before the next are.
  Micros Spend(uint64_t rows) ABSL_LOCKS_EXCLUDED(mutex_);
  // Most rows that may be read at a time, so that the rate is held also over short times; 0: any.
  uint64_t rows_max() const { return rows_per_second_ == 0 ? 0 : rows_per_second_ / 5 + 1; }

 private:
  const uint64_t rows_per_second_;  // 0: no limit
  const Clock& clock_;
  absl::Mutex mutex_;
  Micros free_at_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::snapshot
