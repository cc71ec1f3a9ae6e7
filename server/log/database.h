// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "log/wal_sync.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace millrace::log {

// Column families. Frames by first sequence; meta, schema and subscription records by name.
enum class Family { kLog, kMeta, kSchema, kSubscription };
inline constexpr size_t kFamilies = 4;

// What tests replace.
struct StorageSeams {
  rocksdb::Env* env = nullptr;  // nullptr: the machine's; outlives the database
  // Bytes of frames gathered in memory before they are written as one file.
  size_t write_buffer_bytes = size_t{8} << 20;
  SyncFile sync = nullptr;  // of WalSync
};

// One RocksDB file of frames.
struct FrameFile {
  std::string largest_key;
  uint64_t bytes = 0;
};

// RocksDB, opened and tuned for frames. Turns its statuses into ours and keeps to one rule after a
// failed write: what is not known to be on disk is not written again. Thread-safe.
class Database {
  struct Key {};  // only Open makes it

 public:
  Database(Key, std::string directory, std::unique_ptr<rocksdb::DB> database,
           std::vector<rocksdb::ColumnFamilyHandle*> handles, SyncFile sync);
  // Opens or creates the database. Errors: see Log::Open.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& directory,
                                                        const StorageSeams& seams);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return families_[static_cast<size_t>(family)];
  }

  // Writes all of `batch` or nothing. kResourceExhausted DISK_FULL: nothing was written; the next
  // call tries to recover first. kInternal STORAGE_FAILED: for good.
  absl::Status Write(rocksdb::WriteBatch& batch, bool sync);
  // The same, on disk when it returns, but other writes do not wait for its sync. After DISK_FULL
  // the batch may be stored nevertheless.
  absl::Status WriteBesideOthers(rocksdb::WriteBatch& batch);

  // kDataLoss LOG_DAMAGED; kInternal STORAGE_FAILED.
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const;
  std::unique_ptr<rocksdb::Iterator> Iterate(Family family,
                                             const rocksdb::ReadOptions& options) const;
  // The error of an iterator or another read.
  absl::Status ReadError(const rocksdb::Status& status) const;

  // Deletes whole files of frames whose keys all lie below `key`. Those that are still in RocksDB's
  // top level stay until a later call.
  absl::Status DeleteFramesBelow(std::string_view key);
  // Files of frames, by largest key.
  std::vector<FrameFile> FrameFiles() const;

 private:
  absl::Status CheckWritable();
  absl::Status RecoverFromDiskFull() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WriteFailed(const rocksdb::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  rocksdb::Status FlushAll();
  rocksdb::Status PrepareForDiskFull();
  rocksdb::Status ProbeSpace() const;

  const std::string directory_;
  const std::unique_ptr<rocksdb::DB> database_;
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // as RocksDB lists them; ours to free
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_{};
  WalSync wal_sync_;

  std::atomic<bool> impaired_{false};  // a write failed: look at the rest
  absl::Mutex mutex_;
  bool disk_full_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
