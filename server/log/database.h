// SPDX-License-Identifier: Apache-2.0

#pragma once

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
#include "log/disk_space.h"
#include "log/flush_jobs.h"
#include "log/instance.h"
#include "log/wal_sync.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace millrace::log {

// What tests replace.
struct StorageSeams {
  // nullptr: the machine's, and only that has NoWaitReads. Outlives the database.
  rocksdb::Env* env = nullptr;
  // Bytes of frames gathered in memory before they are written as one file.
  size_t write_buffer_bytes = size_t{8} << 20;
  DiskSpace::Seams space = DiskSpace::SystemSeams();
  SyncFile sync = nullptr;  // of WalSync
};

// One RocksDB file of frames.
struct FrameFile {
  std::string largest_key;
  uint64_t bytes = 0;
};

// What a write does while the disk is full.
enum class WhenFull {
  kRefuse,
  // Uses the space of the ballast: for small writes that free space or let the log be opened.
  kWriteAnyway,
};

// RocksDB, opened and tuned for frames. Turns its statuses into ours and keeps to one rule after a
// failed write: what is not known to be on disk is not written again. On a disk too full to open it
// for writing it is opened for reading, and MakeWritable replaces that later. Thread-safe.
class Database {
  struct Key {};  // only Open makes it

 public:
  Database(Key, std::string directory, uint64_t ballast_bytes, const StorageSeams& seams);
  // Opens or creates the database, for writing if the disk has room for it. Errors: see Log::Open.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& directory,
                                                        uint64_t ballast_bytes,
                                                        const StorageSeams& seams);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // OK once it is open for writing. kResourceExhausted DISK_FULL: there is still no room; other
  // errors as Open.
  absl::Status MakeWritable() ABSL_LOCKS_EXCLUDED(mutex_);

  // For a write batch. Requires, as the writing methods do: MakeWritable has succeeded.
  rocksdb::ColumnFamilyHandle* family(Family family) const { return writable_->family(family); }

  // Writes all of `batch` or nothing. kResourceExhausted DISK_FULL: nothing was written; the next
  // call tries to recover first. kInternal STORAGE_FAILED: for good.
  absl::Status Write(rocksdb::WriteBatch& batch, bool sync, WhenFull when_full = WhenFull::kRefuse);
  // The same, on disk when it returns, but other writes do not wait for its sync. After DISK_FULL
  // the batch may be stored nevertheless.
  absl::Status WriteAndSyncSeparately(rocksdb::WriteBatch& batch,
                                      WhenFull when_full = WhenFull::kRefuse);

  bool supports_no_wait_reads() const { return supports_no_wait_reads_; }

  // A file extra_bytes the database found the disk full: frees a part of the ballast, so that
  // writing it may be tried again. False: nothing was left to free.
  bool OnNoSpace() { return space_.OnNoSpace(); }

  // kDataLoss LOG_DAMAGED; kInternal STORAGE_FAILED.
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const;
  IteratorPtr Iterate(Family family, const rocksdb::ReadOptions& options) const;
  // The error of an iterator or another read.
  absl::Status ReadError(const rocksdb::Status& status) const;

  // Deletes whole files of frames whose keys all lie below `key`, also while the disk is full.
  // Those that are still in RocksDB's top level stay until a later call.
  absl::Status DeleteFramesBelow(std::string_view key);
  // Files of frames, by largest key.
  std::vector<FrameFile> FrameFiles() const;

 private:
  class Listener;

  std::shared_ptr<const Instance> instance() const ABSL_LOCKS_EXCLUDED(instance_mutex_);
  void SetInstance(std::shared_ptr<const Instance> instance) ABSL_LOCKS_EXCLUDED(instance_mutex_);

  // Opening: database_open.cc.
  absl::Status OpenWritable() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenReadOnly() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenAtStart() ABSL_LOCKS_EXCLUDED(mutex_);
  void CreateBallastAtStart();
  absl::Status LockDirectory() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnlockDirectory() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveLeftovers() const;

  absl::Status CheckWritable(WhenFull when_full) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status RecoverFromDiskFull() ABSL_LOCKS_EXCLUDED(mutex_);
  void HoldFlushes();
  rocksdb::Status Resume(bool has_held_flushes);
  absl::Status WriteFailed(const rocksdb::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Fail(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MakeRoom(uint64_t extra_bytes);
  uint64_t BytesToResume() const;
  rocksdb::Status PrepareForDiskFull(const Instance& instance) const;

  const std::string directory_;
  const bool supports_no_wait_reads_;
  DiskSpace space_;
  const std::unique_ptr<FlushJobs> env_;
  // Whose flushes these are; nullptr until it is open for writing.
  std::atomic<rocksdb::DB*> flushing_database_{nullptr};
  // RocksDB refuses to write until it is resumed: an error for want of space reached it.
  std::atomic<bool> stopped_{false};
  rocksdb::DBOptions options_;
  const std::vector<rocksdb::ColumnFamilyDescriptor> families_;
  WalSync wal_sync_;

  absl::Mutex mutex_;  // one thread opens or recovers
  std::atomic<bool> failed_{false};
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  rocksdb::FileLock* lock_ ABSL_GUARDED_BY(mutex_) = nullptr;  // while it is open for reading alone

  mutable absl::Mutex instance_mutex_;
  std::shared_ptr<const Instance> instance_ ABSL_GUARDED_BY(instance_mutex_);
  // The same, once it is open for writing; set once.
  std::atomic<bool> is_writable_{false};
  std::shared_ptr<const Instance> writable_;
};

}  // namespace millrace::log
