// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ingest/table_counters.h"

namespace millrace::ingest {

// Warnings for operators about patterns of source.tables that match no table. Thread-safe.
class PatternWarnings {
 public:
  // `patterns`: those that matched none when the source was asked last.
  void Set(std::vector<std::string> patterns) ABSL_LOCKS_EXCLUDED(mutex_);
  // Without those that a table matches from which something was captured since.
  std::vector<std::string> List(const TableCounterMap& captured) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> patterns_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::ingest
