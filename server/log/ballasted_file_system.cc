// SPDX-License-Identifier: Apache-2.0

#include "log/ballasted_file_system.h"

#include <string>
#include <utility>

#include "log/storage_errors.h"

namespace millrace::log {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// RocksDB can recover only from an error with the subcode kNoSpace.
IOStatus AsNoSpace(IOStatus status) {
  if (status.subcode() == IOStatus::kNoSpace) return status;
  IOStatus no_space = IOStatus::NoSpace(status.ToString());
  no_space.SetRetryable(true);
  return no_space;
}

// Retries once even if nothing was freed: another thread may have been allocating the ballast.
template <typename Operation>
IOStatus RetryOnNoSpace(DiskSpace& space, const Operation& operation) {
  IOStatus status = operation();
  bool freed = true;
  while (freed && !status.ok() && IsNoSpace(status)) {
    freed = space.OnNoSpace();
    status = operation();
  }
  return status.ok() || !IsNoSpace(status) ? status : AsNoSpace(std::move(status));
}

// Writes each piece at an explicit offset, so that a partly written piece can be written again.
class BallastedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  BallastedFile(std::unique_ptr<rocksdb::FSWritableFile> file, DiskSpace& space)
      : FSWritableFileOwnerWrapper(std::move(file)),
        space_(space),
        bytes_(target()->GetFileSize(IOOptions(), nullptr)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    const IOStatus status = RetryOnNoSpace(
        space_, [&] { return target()->PositionedAppend(data, bytes_, options, context); });
    if (status.ok()) bytes_ += data.size();
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*verification*/,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* context) override {
    IOStatus status = target()->Truncate(size, options, context);
    if (status.ok()) bytes_ = size;
    return status;
  }
  // Never retried: a second sync does not report data that the first one lost.
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return FreeBallastOnNoSpace(target()->Sync(options, context));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return FreeBallastOnNoSpace(target()->Fsync(options, context));
  }

 private:
  IOStatus FreeBallastOnNoSpace(IOStatus status) {
    if (status.ok() || !IsNoSpace(status)) return status;
    space_.OnNoSpace();
    return AsNoSpace(std::move(status));
  }

  DiskSpace& space_;
  uint64_t bytes_;
};

class BallastedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  BallastedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target, DiskSpace& space)
      : FileSystemWrapper(target), space_(space) {}
  const char* Name() const override { return "BallastedFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* context) override {
    return Wrap(file, [&](auto* opened) {
      return target()->NewWritableFile(path, options, opened, context);
    });
  }
  IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* context) override {
    return Wrap(file, [&](auto* opened) {
      return target()->ReopenWritableFile(path, options, opened, context);
    });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* context) override {
    return RetryOnNoSpace(space_, [&] { return target()->RenameFile(from, to, options, context); });
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options,
                              IODebugContext* context) override {
    return RetryOnNoSpace(space_,
                          [&] { return target()->CreateDirIfMissing(path, options, context); });
  }

 private:
  template <typename Open>
  IOStatus Wrap(std::unique_ptr<rocksdb::FSWritableFile>* file, const Open& open) {
    std::unique_ptr<rocksdb::FSWritableFile> opened;
    IOStatus status = RetryOnNoSpace(space_, [&] { return open(&opened); });
    if (status.ok()) *file = std::make_unique<BallastedFile>(std::move(opened), space_);
    return status;
  }

  DiskSpace& space_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> MakeBallastedFileSystem(
    std::shared_ptr<rocksdb::FileSystem> target, DiskSpace& space) {
  return std::make_shared<BallastedFileSystem>(target, space);
}

}  // namespace millrace::log
