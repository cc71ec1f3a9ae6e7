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

// Blocks threads in Pass while it is closed. Thread-safe.
class Gate {
 public:
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);
  void Open() ABSL_LOCKS_EXCLUDED(mutex_);
  void Pass() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until `count` threads are blocked.
  void AwaitHeld(int count) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The system's file system. On command, writes fail, and syncs and reads wait. Remembers which
// bytes were synced.
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
  // For StorageSeams::sync.
  int SyncFile(const std::string& path, int file);

  // Writes fail with "no space" after `bytes` more bytes.
  void FillDisk(int64_t bytes = 0) { space_ = bytes; }
  // All writes to files whose names contain `part` fail with "no space".
  void FillDiskFor(const std::string& part) ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes fail because a quota is exceeded.
  void FillQuota() {
    quota_ = true;
    space_ = 0;
  }
  void FreeDisk() ABSL_LOCKS_EXCLUDED(mutex_);
  // For the ballast, which uses the same space.
  DiskSpace::Seams BallastSeams();
  void FailSyncs(bool fail) { fail_syncs_ = fail; }
  // The next sync outside RocksDB fails with "no space".
  void RunOutOfSpaceInSync() { no_space_in_sync_ = true; }
  // Syncs, by RocksDB and by WalSync, pass the first gate; reads of table files pass the second.
  Gate& syncs() { return syncs_; }
  Gate& reads() { return reads_; }
  // The number of syncs of write-ahead logs that have started.
  int wal_syncs() const { return wal_syncs_; }

  // Copies a directory as a crash of the process would leave it, with no change half done.
  void CopyAfterCrash(const std::string& directory, const std::string& copy);
  // The same without unsynced data.
  void CopyAfterPowerLoss(const std::string& directory, const std::string& copy);

  // For FaultFileSystem's files.
  absl::Mutex& changes() { return changes_; }
  rocksdb::IOStatus TakeSpace(size_t bytes, const std::string& name);
  rocksdb::IOStatus CheckSync() const;
  // Counts a sync, then passes the gate.
  void BeginSync(const std::string& name);
  void MarkSynced(const std::string& name, uint64_t bytes);

 private:
  static constexpr int64_t kUnlimited = int64_t{1} << 60;
  std::atomic<int64_t> space_ = kUnlimited;
  std::atomic<bool> quota_ = false;
  std::atomic<bool> fail_syncs_ = false;
  std::atomic<bool> no_space_in_sync_ = false;
  std::atomic<int> wal_syncs_ = 0;
  absl::Mutex changes_;  // held shared during a change of a file, exclusively during a copy
  absl::Mutex mutex_;
  // The part passed to FillDiskFor; empty: none.
  std::string refused_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> synced_ ABSL_GUARDED_BY(mutex_);
  Gate syncs_;
  Gate reads_;
};

}  // namespace millrace::log::testing
