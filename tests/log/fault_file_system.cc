// SPDX-License-Identifier: Apache-2.0

#include "log/fault_file_system.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace millrace::log::testing {
namespace {

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile> target, FaultFileSystem& system,
            std::string name)
      : FSWritableFileOwnerWrapper(std::move(target)), system_(system), name_(std::move(name)) {
    system_.MarkSynced(name_, 0);
  }

  // As in a real file system, a write on a full disk writes a part of the data.
  rocksdb::IOStatus PositionedAppend(const rocksdb::Slice& data, uint64_t offset,
                                     const rocksdb::IOOptions& options,
                                     rocksdb::IODebugContext* context) override {
    absl::ReaderMutexLock lock(&system_.changes());
    rocksdb::IOStatus status = system_.TakeSpace(data.size(), name_);
    if (!status.ok()) {
      const rocksdb::Slice part(data.data(), data.size() / 2);
      target()->PositionedAppend(part, offset, options, context).PermitUncheckedError();
      return status;
    }
    bytes_ = offset + data.size();
    return target()->PositionedAppend(data, offset, options, context);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    system_.BeginSync(name_);
    absl::ReaderMutexLock lock(&system_.changes());
    rocksdb::IOStatus status = system_.CheckSync();
    if (!status.ok()) return status;
    system_.MarkSynced(name_, bytes_);
    return FSWritableFileWrapper::Sync(options, context);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    return Sync(options, context);
  }

 private:
  FaultFileSystem& system_;
  const std::string name_;
  uint64_t bytes_ = 0;
};

class FaultReads final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultReads(std::unique_ptr<rocksdb::FSRandomAccessFile> target, FaultFileSystem& system)
      : FSRandomAccessFileOwnerWrapper(std::move(target)), system_(system) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* context) const override {
    system_.reads().Pass();
    return FSRandomAccessFileWrapper::Read(offset, size, options, result, scratch, context);
  }

 private:
  FaultFileSystem& system_;
};

}  // namespace

FaultFileSystem::FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

rocksdb::IOStatus FaultFileSystem::NewWritableFile(const std::string& path,
                                                   const rocksdb::FileOptions& options,
                                                   std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                   rocksdb::IODebugContext* context) {
  absl::ReaderMutexLock lock(&changes_);
  std::unique_ptr<rocksdb::FSWritableFile> target;
  rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &target, context);
  if (status.ok()) {
    *file = std::make_unique<FaultFile>(std::move(target), *this,
                                        std::filesystem::path(path).filename().string());
  }
  return status;
}

rocksdb::IOStatus FaultFileSystem::NewRandomAccessFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, rocksdb::IODebugContext* context) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> target;
  rocksdb::IOStatus status =
      FileSystemWrapper::NewRandomAccessFile(path, options, &target, context);
  if (status.ok()) *file = std::make_unique<FaultReads>(std::move(target), *this);
  return status;
}

rocksdb::IOStatus FaultFileSystem::TakeSpace(size_t bytes, const std::string& name) {
  const auto size = static_cast<int64_t>(bytes);
  {
    absl::MutexLock lock(&mutex_);
    const bool refused = !refused_.empty() && name.find(refused_) != std::string::npos;
    if (!refused && space_.fetch_sub(size) >= size) return rocksdb::IOStatus::OK();
    if (!refused) space_ += size;
  }
  if (quota_) return rocksdb::IOStatus::IOError("test", std::generic_category().message(EDQUOT));
  rocksdb::IOStatus full = rocksdb::IOStatus::NoSpace("test");
  full.SetRetryable(true);  // like RocksDB's own file system
  return full;
}

void FaultFileSystem::FillDiskFor(const std::string& part) {
  absl::MutexLock lock(&mutex_);
  refused_ = part;
}

void FaultFileSystem::FreeDisk() {
  absl::MutexLock lock(&mutex_);
  refused_.clear();
  quota_ = false;
  space_ = kUnlimited;
}

DiskSpace::Seams FaultFileSystem::BallastSeams() {
  const auto allocate = [this](int file, uint64_t bytes) {
    struct stat status {};
    const uint64_t before = ::fstat(file, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
    if (bytes > before && !TakeSpace(bytes - before, "BALLAST").ok()) return ENOSPC;
    return ::ftruncate(file, static_cast<off_t>(std::max(before, bytes))) == 0 ? 0 : errno;
  };
  return {.allocate = allocate,
          .on_freed = [this](uint64_t bytes) { space_ += static_cast<int64_t>(bytes); }};
}

rocksdb::IOStatus FaultFileSystem::CheckSync() const {
  return fail_syncs_ ? rocksdb::IOStatus::IOError("test: sync failed") : rocksdb::IOStatus::OK();
}

int FaultFileSystem::SyncFile(const std::string& path, int file) {
  const std::string name = std::filesystem::path(path).filename().string();
  BeginSync(name);
  absl::ReaderMutexLock lock(&changes_);
  if (fail_syncs_) return EIO;
  if (no_space_in_sync_.exchange(false)) return ENOSPC;
  struct stat status {};
  if (::fstat(file, &status) != 0) return errno;
  if (S_ISREG(status.st_mode)) MarkSynced(name, static_cast<uint64_t>(status.st_size));
  return 0;
}

void FaultFileSystem::BeginSync(const std::string& name) {
  if (name.ends_with(".log")) ++wal_syncs_;
  syncs_.Pass();
}

void Gate::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

void Gate::Open() {
  absl::MutexLock lock(&mutex_);
  closed_ = false;
}

void Gate::Pass() {
  const auto open = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !closed_; };
  absl::MutexLock lock(&mutex_);
  ++held_;
  mutex_.Await(absl::Condition(&open));
  --held_;
}

void Gate::AwaitHeld(int count) {
  const auto reached = [this, count]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return held_ >= count; };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&reached));
}

void FaultFileSystem::MarkSynced(const std::string& name, uint64_t bytes) {
  absl::MutexLock lock(&mutex_);
  synced_[name] = bytes;
}

rocksdb::IOStatus FaultFileSystem::DeleteFile(const std::string& path,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* context) {
  absl::ReaderMutexLock lock(&changes_);
  return FileSystemWrapper::DeleteFile(path, options, context);
}

rocksdb::IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* context) {
  absl::ReaderMutexLock lock(&changes_);
  return FileSystemWrapper::RenameFile(from, to, options, context);
}

void FaultFileSystem::CopyAfterCrash(const std::string& directory, const std::string& copy) {
  absl::WriterMutexLock lock(&changes_);
  std::filesystem::copy(directory, copy);
}

void FaultFileSystem::CopyAfterPowerLoss(const std::string& directory, const std::string& copy) {
  absl::WriterMutexLock lock(&changes_);
  std::filesystem::copy(directory, copy);
  absl::MutexLock synced_lock(&mutex_);
  for (const auto& [name, bytes] : synced_) {
    const std::filesystem::path path = std::filesystem::path(copy) / name;
    if (std::filesystem::exists(path)) std::filesystem::resize_file(path, bytes);
  }
}

}  // namespace millrace::log::testing
