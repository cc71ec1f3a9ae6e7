// SPDX-License-Identifier: Apache-2.0

#include "log/no_wait_reads.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace millrace::log {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

thread_local bool t_no_wait = false;

IOStatus WaitNeeded() { return IOStatus::Busy("the disk has to be read"); }

IOStatus ReadError(const std::string& path, int error) {
  return IOStatus::IOError("cannot read " + path, std::generic_category().message(error));
}

class NoWaitFile final : public rocksdb::FSRandomAccessFile {
 public:
  // Owns `file`.
  NoWaitFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  ~NoWaitFile() override { ::close(file_); }
  NoWaitFile(const NoWaitFile&) = delete;
  NoWaitFile& operator=(const NoWaitFile&) = delete;

  // Reads less than `size` only at the end of the file.
  IOStatus Read(uint64_t offset, size_t size, const IOOptions& /*options*/, Slice* result,
                char* scratch, IODebugContext* /*context*/) const override {
    size_t done = 0;
    while (done < size) {
      const ssize_t count = ReadAt(scratch + done, size - done, offset + done);
      if (count == 0) break;
      if (count > 0) {
        done += static_cast<size_t>(count);
      } else if (errno != EINTR) {
        *result = Slice();
        return t_no_wait ? WaitNeeded() : ReadError(path_, errno);
      }
    }
    *result = Slice(scratch, done);
    return IOStatus::OK();
  }
  IOStatus Prefetch(uint64_t offset, size_t size, const IOOptions& /*options*/,
                    IODebugContext* /*context*/) override {
    const int error = ::posix_fadvise(file_, static_cast<off_t>(offset), static_cast<off_t>(size),
                                      POSIX_FADV_WILLNEED);
    return error == 0 ? IOStatus::OK() : ReadError(path_, error);
  }

 private:
  // Returns what pread returns.
  ssize_t ReadAt(char* to, size_t size, uint64_t offset) const {
    if (!t_no_wait) return ::pread(file_, to, size, static_cast<off_t>(offset));
    const iovec target{.iov_base = to, .iov_len = size};
    return ::preadv2(file_, &target, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  }

  const std::string path_;
  const int file_;
};

class NoWaitFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit NoWaitFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}
  const char* Name() const override { return "NoWaitFileSystem"; }

  // Opening a file can need the disk, too.
  IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* context) override {
    if (t_no_wait) return WaitNeeded();
    if (options.use_mmap_reads || options.use_direct_reads) {
      return target()->NewRandomAccessFile(path, options, result, context);
    }
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      const int error = errno;
      return error == ENOENT
                 ? IOStatus::PathNotFound("cannot open " + path)
                 : IOStatus::IOError("cannot open " + path, std::generic_category().message(error));
    }
    *result = std::make_unique<NoWaitFile>(path, file);
    return IOStatus::OK();
  }
};

}  // namespace

NoWaitReads::NoWaitReads() { t_no_wait = true; }
NoWaitReads::~NoWaitReads() { t_no_wait = false; }

bool WouldWait(const rocksdb::Status& status) { return status.IsBusy(); }

std::shared_ptr<rocksdb::FileSystem> MakeNoWaitFileSystem(
    std::shared_ptr<rocksdb::FileSystem> target) {
  return std::make_shared<NoWaitFileSystem>(target);
}

}  // namespace millrace::log
