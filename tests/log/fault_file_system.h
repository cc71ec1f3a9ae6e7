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

// The machine's file system, whose writing fails on command and which remembers what was synced.
class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem();
  const char* Name() const override { return "FaultFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;

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

  // Copies a directory as a crash of the process would leave it: between two changes to it.
  void CopyAfterCrash(const std::string& directory, const std::string& copy);
  // The same, without what was not synced.
  void CopyAfterPowerLoss(const std::string& directory, const std::string& copy);

  // For its files.
  absl::Mutex& changes() { return changes_; }
  rocksdb::IOStatus TakeSpace(size_t bytes, const std::string& name);
  rocksdb::IOStatus CheckSync() const;
  void Synced(const std::string& name, uint64_t bytes);

 private:
  static constexpr int64_t kUnlimited = int64_t{1} << 60;
  std::atomic<int64_t> space_ = kUnlimited;
  std::atomic<bool> quota_ = false;
  std::atomic<bool> fail_syncs_ = false;
  absl::Mutex changes_;  // held shared while a file is changed, alone while all are copied
  absl::Mutex mutex_;
  std::string refused_ ABSL_GUARDED_BY(mutex_);  // part of names; empty: of none
  std::map<std::string, uint64_t> synced_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::log::testing
