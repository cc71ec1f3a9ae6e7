// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "log/disk_space.h"
#include "rocksdb/file_system.h"

namespace millrace::log::testing {

// Holds up whoever passes while it is closed. Thread-safe.
class Gate {
 public:
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);
  void Open() ABSL_LOCKS_EXCLUDED(mutex_);
  void Pass() ABSL_LOCKS_EXCLUDED(mutex_);
  // Until so many are held.
  void AwaitHeld(int count) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The machine's file system, whose writing fails on command, whose syncs and reads wait on command,
// and which remembers what was synced.
class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem();
  const char* Name() const override { return "FaultFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  // StorageSeams::sync.
  int SyncFile(const std::string& path, int file);

  // Writing says that no space is left, after `bytes` more bytes.
  void FillDisk(int64_t bytes = 0) { space_ = bytes; }
  // The same at once, of files whose names have `part`.
  void FillDiskFor(const std::string& part) ABSL_LOCKS_EXCLUDED(mutex_);
  // As FillDisk, but a quota is exceeded.
  void FillQuota() {
    quota_ = true;
    space_ = 0;
  }
  void FreeDisk() ABSL_LOCKS_EXCLUDED(mutex_);
  // For the ballast, which takes of the same space.
  DiskSpace::Seams Space();
  void FailSyncs(bool fail) { fail_syncs_ = fail; }
  // The next sync beside RocksDB says that no space is left.
  void RunOutOfSpaceInSync() { no_space_in_sync_ = true; }
  // What syncs, of RocksDB and beside it, pass; and what reads of table files do.
  Gate& syncs() { return syncs_; }
  Gate& reads() { return reads_; }
  // Syncs of write-ahead logs that have begun.
  int wal_syncs() const { return wal_syncs_; }

  // Copies a directory as a crash of the process would leave it: between two changes to it.
  void CopyAfterCrash(const std::string& directory, const std::string& copy);
  // The same, without what was not synced.
  void CopyAfterPowerLoss(const std::string& directory, const std::string& copy);

  // For its files.
  absl::Mutex& changes() { return changes_; }
  rocksdb::IOStatus TakeSpace(size_t bytes, const std::string& name);
  rocksdb::IOStatus CheckSync() const;
  // Counts a sync, and waits while syncs are held.
  void BeginSync(const std::string& name);
  void Synced(const std::string& name, uint64_t bytes);

 private:
  static constexpr int64_t kUnlimited = int64_t{1} << 60;
  std::atomic<int64_t> space_ = kUnlimited;
  std::atomic<bool> quota_ = false;
  std::atomic<bool> fail_syncs_ = false;
  std::atomic<bool> no_space_in_sync_ = false;
  std::atomic<int> wal_syncs_ = 0;
  absl::Mutex changes_;  // held shared while a file is changed, alone while all are copied
  absl::Mutex mutex_;
  std::string refused_ ABSL_GUARDED_BY(mutex_);  // part of names; empty: of none
  std::map<std::string, uint64_t> synced_ ABSL_GUARDED_BY(mutex_);
  Gate syncs_;
  Gate reads_;
};

}  // namespace millrace::log::testing
