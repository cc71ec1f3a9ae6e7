// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/table_name.h"

namespace millrace::ingest {

// Changes of one table since the server started. One thread counts, any number read.
struct TableCounters {
  std::atomic<uint64_t> inserts{0};
  std::atomic<uint64_t> updates{0};
  std::atomic<uint64_t> deletes{0};
  std::atomic<uint64_t> reads{0};  // rows read by snapshots
};

// The counters of all tables. Returned pointers stay valid. Thread-safe.
class TableCounterMap {
 public:
  TableCounters* For(const TableName& table) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    std::unique_ptr<TableCounters>& counters = by_table_[table];
    if (counters == nullptr) counters = std::make_unique<TableCounters>();
    return counters.get();
  }
  // Sorted by name.
  std::vector<std::pair<TableName, const TableCounters*>> List() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    std::vector<std::pair<TableName, const TableCounters*>> list;
    for (const auto& [name, counters] : by_table_) list.emplace_back(name, counters.get());
    return list;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<TableName, std::unique_ptr<TableCounters>> by_table_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::ingest
