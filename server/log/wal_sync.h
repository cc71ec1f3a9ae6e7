// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/status.h"

namespace millrace::log {

// Makes an open file or directory durable. Returns 0, or errno.
using SyncFile = std::function<int(const std::string& path, int file)>;

// Makes RocksDB's writes to its write-ahead logs durable without delaying its writers.
//
// RocksDB has one queue of writers. A synced write blocks the queue for the whole sync, so unsynced
// writes wait for it. DB::SyncWAL does not use the queue. But the RocksDB 7.8 of Debian 12 is built
// with assertions, and one of them aborts the process if SyncWAL meets a log whose write or sync is
// failing at that moment. So this class opens the files itself and syncs its own descriptors. Linux
// reports a failed write-back once to each descriptor of a file, so RocksDB's next sync fails too.
//
// Thread-safe. Callers that wait at the same time share a sync.
class WalSync {
 public:
  // `sync` replaces fsync and fdatasync in tests.
  explicit WalSync(std::string directory, SyncFile sync = nullptr);

  // Returns once all writes before the call are on disk. IOError, with subcode kNoSpace if the disk
  // is full: a sync failed, so it is unknown which writes are on disk. TryAgain: a file could not
  // be opened, for example because no descriptor is free; no sync failed.
  rocksdb::Status Sync() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Sizes = std::map<std::string, uint64_t>;

  bool Begin(uint64_t needed) ABSL_LOCKS_EXCLUDED(mutex_);
  void End(const rocksdb::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  rocksdb::Status SyncFiles();
  rocksdb::Status SyncOne(const std::string& name, Sizes& sizes, bool& is_new);
  rocksdb::Status SyncDirectory();

  const std::string directory_;
  const SyncFile sync_;
  // Synced sizes, by file name. Used only by the thread that syncs.
  Sizes synced_;

  absl::Mutex mutex_;
  // Only one sync runs at a time, so started_ is finished_ or finished_ + 1.
  uint64_t started_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the last sync that started
  uint64_t finished_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the last sync that failed
  rocksdb::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
