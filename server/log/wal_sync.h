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

// Makes what RocksDB has written to its write-ahead logs durable, without holding up its writers.
//
// RocksDB has one queue of writers. A synced write keeps its place in it for the whole sync, and
// unsynced writes wait behind it. DB::SyncWAL does not take a place. But RocksDB 7.8 of Debian 12
// is built with assertions, and one of them ends the process if SyncWAL meets a log whose write or
// sync is failing at that moment. So this opens the files itself and syncs them by descriptors of
// its own. Linux reports a failed write-back once to each descriptor of a file, so RocksDB's own
// next sync fails too.
//
// Thread-safe. Callers that wait at the same time share a sync.
class WalSync {
 public:
  // `sync` replaces fsync and fdatasync in tests.
  explicit WalSync(std::string directory, SyncFile sync = nullptr);

  // Returns once everything is on disk that was written before the call. IOError, with subcode
  // kNoSpace if the disk is full: a sync failed, so it is not known what is on disk. TryAgain: not
  // everything could be opened, as without a descriptor left; no sync failed.
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
  // Sizes that are on disk, by file name. Of the thread that syncs.
  Sizes synced_;

  absl::Mutex mutex_;
  // One sync at a time: either started_ is finished_, or one more.
  uint64_t started_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the last sync that began
  uint64_t finished_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the last sync that failed
  rocksdb::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
