// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "schema/table_version.h"

namespace millrace::schema {

// The tables that readers of the registry see: those on disk. Thread-safe. They are changed in
// place under a lock, not copied, because a source may have hundreds of thousands of tables.
class StoredTables {
 public:
  // Keeps `versions` until their Publish. The versions of one table are in ascending order.
  void Prepare(std::vector<TableVersionPtr> versions);
  // Publishes the oldest prepared list. Requires: there is one.
  void Publish();

  TableVersionPtr Find(uint32_t table_id) const;
  TableVersionPtr Find(const TableName& name) const;
  TableVersionPtr FindAt(uint32_t table_id, Sequence sequence) const;
  VersionSpan SpanAt(uint32_t table_id, Sequence sequence) const;
  TableVersionPtr FindNext(const TableVersion& version) const;
  TableVersionPtr FindRowMessage(std::string_view full_name) const;
  std::optional<TableName> NameOf(uint32_t table_id) const;
  std::vector<TableVersionPtr> List() const;
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  void AddToHistory(const TableVersionPtr& version) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null for a table without rows so far.
  TableVersionPtr FindWithRows(uint32_t table_id) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  std::atomic<uint64_t> generation_{0};

  mutable absl::Mutex mutex_;
  std::deque<std::vector<TableVersionPtr>> prepared_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<uint32_t, TableVersionPtr> by_id_ ABSL_GUARDED_BY(mutex_);
  // All versions of a table with rows, ascending.
  std::unordered_map<uint32_t, std::vector<TableVersionPtr>> history_ ABSL_GUARDED_BY(mutex_);
  std::map<TableName, uint32_t> by_name_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, uint32_t, std::less<>> by_message_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::schema
