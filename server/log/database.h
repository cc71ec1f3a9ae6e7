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

// Parts of the storage that tests replace.
struct StorageSeams {
  // nullptr: the system's Env, the only one that supports NoWaitReads. Outlives the database.
  rocksdb::Env* env = nullptr;
  // Bytes of frames that RocksDB collects in memory before it writes them as one file.
  size_t write_buffer_bytes = size_t{8} << 20;
  DiskSpace::Seams space = DiskSpace::SystemSeams();
  SyncFile sync = nullptr;  // for WalSync
};

// One RocksDB file of frames.
struct FrameFile {
  std::string largest_key;
  uint64_t bytes = 0;
};

// Whether a write is allowed while the disk is full.
enum class WhenFull {
  kRefuse,
  // Uses the space of the ballast. Only for small writes that free space or that opening needs.
  kWriteAnyway,
};

// RocksDB, opened and tuned for frames. Converts RocksDB's statuses to Millrace's errors. After a
// write of unknown outcome it never writes again. If the disk is too full to open RocksDB for
// writing, opens it for reading; MakeWritable replaces it later. Thread-safe.
class Database {
  struct Key {};  // only Open can construct it

 public:
  Database(Key, std::string directory, uint64_t ballast_bytes, const StorageSeams& seams);
  // Opens or creates the database; for writing if the disk has room. Errors: see Log::Open.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& directory,
                                                        uint64_t ballast_bytes,
                                                        const StorageSeams& seams);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Opens the database for writing, unless it already is. kResourceExhausted DISK_FULL: there is
  // still no room. Other errors: see Open.
  absl::Status MakeWritable() ABSL_LOCKS_EXCLUDED(mutex_);

  // The column family for a write batch. This and all writing methods require that MakeWritable has
  // succeeded.
  rocksdb::ColumnFamilyHandle* family(Family family) const { return writable_->family(family); }

  // Writes all of `batch` or nothing. kResourceExhausted DISK_FULL: nothing was written; the next
  // call first tries to recover. kInternal STORAGE_FAILED: permanent.
  absl::Status Write(rocksdb::WriteBatch& batch, bool sync, WhenFull when_full = WhenFull::kRefuse);
  // Writes and syncs `batch`; other writes do not wait for the sync. After DISK_FULL the batch may
  // or may not be stored.
  absl::Status WriteAndSyncSeparately(rocksdb::WriteBatch& batch,
                                      WhenFull when_full = WhenFull::kRefuse);

  bool supports_no_wait_reads() const { return supports_no_wait_reads_; }

  // A write to a file outside RocksDB found the disk full: frees a part of the ballast, so that the
  // caller can retry. False: the ballast is used up.
  bool OnNoSpace() { return space_.OnNoSpace(); }

  // kDataLoss LOG_DAMAGED; kInternal STORAGE_FAILED.
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const;
  IteratorPtr Iterate(Family family, const rocksdb::ReadOptions& options) const;
  // The error for a failed iterator or other read.
  absl::Status ReadError(const rocksdb::Status& status) const;

  // Deletes the frame files whose keys are all below `key`, even while the disk is full. Files in
  // RocksDB's top level stay until a later call.
  absl::Status DeleteFramesBelow(std::string_view key);
  // The files of frames, sorted by largest key.
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
  // The database whose flushes can be held; nullptr until it is open for writing.
  std::atomic<rocksdb::DB*> flushing_database_{nullptr};
  // RocksDB saw a disk-full error and rejects writes until it is resumed.
  std::atomic<bool> stopped_{false};
  rocksdb::DBOptions options_;
  const std::vector<rocksdb::ColumnFamilyDescriptor> families_;
  WalSync wal_sync_;

  absl::Mutex mutex_;  // held by the thread that opens or recovers
  std::atomic<bool> failed_{false};
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  rocksdb::FileLock* lock_ ABSL_GUARDED_BY(mutex_) = nullptr;  // while open only for reading

  mutable absl::Mutex instance_mutex_;
  std::shared_ptr<const Instance> instance_ ABSL_GUARDED_BY(instance_mutex_);
  // The instance that is open for writing; set once.
  std::atomic<bool> is_writable_{false};
  std::shared_ptr<const Instance> writable_;
};

}  // namespace millrace::log
