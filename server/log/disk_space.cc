// SPDX-License-Identifier: Apache-2.0

#include "log/disk_space.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "log/storage_errors.h"

namespace millrace::log {
namespace {

// The ballast has at most this fraction (1/8) of the file system.
constexpr uint64_t kFileSystemDivisor = 8;
// The ballast is freed in this many parts.
constexpr uint64_t kBallastParts = 4;
constexpr uint64_t kPartBytesMin = 256 << 10;

int AllocateOnDisk(int file, uint64_t bytes) {
  int error = EINTR;
  while (error == EINTR) error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  return error;
}

uint64_t BytesOf(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

uint64_t FreeBytes(const std::string& directory) {
  struct statvfs system {};
  if (::statvfs(directory.c_str(), &system) != 0) return UINT64_MAX;
  return uint64_t{system.f_bavail} * system.f_frsize;
}

// Syncs, because journaling file systems reuse freed blocks only after the journal is on disk.
bool Truncate(int file, uint64_t bytes) {
  return ::ftruncate(file, static_cast<off_t>(bytes)) == 0 && ::fsync(file) == 0;
}

}  // namespace

DiskSpace::Seams DiskSpace::SystemSeams() { return {.allocate = AllocateOnDisk}; }

DiskSpace::DiskSpace(std::string directory, uint64_t ballast_bytes, Seams seams)
    : directory_(std::move(directory)),
      path_(directory_ + "/BALLAST"),
      bytes_max_(ballast_bytes),
      seams_(std::move(seams)) {}

uint64_t DiskSpace::BallastBytes() const {
  struct statvfs system {};
  if (bytes_max_ == 0 || ::statvfs(directory_.c_str(), &system) != 0) return bytes_max_;
  return std::min<uint64_t>(bytes_max_,
                            uint64_t{system.f_blocks} * system.f_frsize / kFileSystemDivisor);
}

bool DiskSpace::OnNoSpace() {
  failed_writes_.fetch_add(1, std::memory_order_acq_rel);
  absl::MutexLock lock(&mutex_);
  const uint64_t bytes = BytesOf(path_);
  const uint64_t part = std::max(BallastBytes() / kBallastParts, kPartBytesMin);
  Shrink(bytes - std::min(bytes, part));
  return BytesOf(path_) < bytes;
}

bool DiskSpace::was_released() const {
  std::error_code error;
  return std::filesystem::exists(path_, error) && BytesOf(path_) == 0;
}

absl::Status DiskSpace::Restore(uint64_t extra_bytes) {
  absl::MutexLock lock(&mutex_);
  std::error_code error;
  const bool is_new = !std::filesystem::exists(path_, error);
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return SystemCallFailed("create", path_, errno);
  absl::Status status = Grow(file, BallastBytes() + extra_bytes);
  ::close(file);
  // An empty file stays only as a sign that the ballast was freed.
  if ((is_new || bytes_max_ == 0) && BytesOf(path_) == 0) ::unlink(path_.c_str());
  return status;
}

// Checks for room first: a failing allocation would briefly take all free space from other
// programs.
absl::Status DiskSpace::Grow(int file, uint64_t bytes) const {
  const uint64_t before = BytesOf(path_);
  if (bytes <= before) return absl::OkStatus();
  const int error = bytes - before > FreeBytes(directory_) ? ENOSPC : seams_.allocate(file, bytes);
  if (error == 0) return absl::OkStatus();
  if (BytesOf(path_) != before && !Truncate(file, before)) {
    return SystemCallFailed("resize", path_, errno);
  }
  return SystemCallFailed("allocate", path_, error);
}

void DiskSpace::MarkRecovered(uint64_t failed_writes) {
  absl::MutexLock lock(&mutex_);
  Shrink(BallastBytes());
  // Without a ballast the file has no purpose.
  if (bytes_max_ == 0) ::unlink(path_.c_str());
  recovered_.store(failed_writes, std::memory_order_release);
}

void DiskSpace::Shrink(uint64_t bytes) {
  const uint64_t before = BytesOf(path_);
  if (before <= bytes) return;
  const int file = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  if (Truncate(file, bytes)) seams_.on_freed(before - bytes);
  ::close(file);
}

}  // namespace millrace::log
