// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ingest/table_counters.h"

namespace millrace::ingest {

// Warns operators about patterns of source.tables that match no table. Thread-safe.
class PatternWarnings {
 public:
  // `patterns`: those that matched no table at the last query of the source.
  void Set(std::vector<std::string> patterns) ABSL_LOCKS_EXCLUDED(mutex_);
  // Omits patterns that match a table of which changes were captured since.
  std::vector<std::string> List(const TableCounterMap& captured) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> patterns_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::ingest
