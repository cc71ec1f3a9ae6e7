// SPDX-License-Identifier: Apache-2.0

#include "log/disk_space.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "log/storage_errors.h"

namespace millrace::log {
namespace {

constexpr uint64_t kShareOfFileSystem = 8;

int AllocateOnMachine(int file, uint64_t bytes) {
  int error = EINTR;
  while (error == EINTR) error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  return error;
}

uint64_t SizeOf(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

// Journaling file systems hand out freed blocks only after they have written that these are free.
bool Truncate(int file, uint64_t bytes) {
  return ::ftruncate(file, static_cast<off_t>(bytes)) == 0 && ::fsync(file) == 0;
}

}  // namespace

DiskSpace::Seams DiskSpace::Machine() { return {.allocate = AllocateOnMachine}; }

DiskSpace::DiskSpace(std::string directory, uint64_t ballast_bytes, Seams seams)
    : directory_(std::move(directory)),
      path_(directory_ + "/BALLAST"),
      bytes_max_(ballast_bytes),
      seams_(std::move(seams)) {}

void DiskSpace::OnNoSpace() {
  failed_writes_.fetch_add(1, std::memory_order_acq_rel);
  absl::MutexLock lock(&mutex_);
  const int file = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  const uint64_t bytes = SizeOf(file);
  if (bytes > 0 && Truncate(file, 0)) seams_.on_freed(bytes);
  ::close(file);
}

uint64_t DiskSpace::BallastBytes() const {
  struct statvfs system {};
  if (bytes_max_ == 0 || ::statvfs(directory_.c_str(), &system) != 0) return bytes_max_;
  return std::min<uint64_t>(bytes_max_,
                            uint64_t{system.f_blocks} * system.f_frsize / kShareOfFileSystem);
}

bool DiskSpace::was_released() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 && static_cast<uint64_t>(status.st_size) == 0;
}

absl::Status DiskSpace::Restore(uint64_t beside) {
  absl::MutexLock lock(&mutex_);
  const bool is_made = ::access(path_.c_str(), F_OK) != 0;
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return SystemCallFailed("create", path_, errno);
  absl::Status status = Resize(file, SizeOf(file), beside);
  ::close(file);
  if (bytes_max_ == 0 || (is_made && !status.ok())) ::unlink(path_.c_str());
  return status;
}

// Allocates for a moment also what is to stay free, which is the only way to learn that it is.
absl::Status DiskSpace::Resize(int file, uint64_t before, uint64_t beside) {
  const uint64_t bytes = BallastBytes();
  const int error = seams_.allocate(file, std::max(before, bytes + beside));
  const uint64_t after = error == 0 ? bytes : before;
  const uint64_t now = SizeOf(file);
  if (now != after && !Truncate(file, after)) return SystemCallFailed("resize", path_, errno);
  if (error != 0) return SystemCallFailed("allocate", path_, error);
  if (now > after) seams_.on_freed(now - after);
  return absl::OkStatus();
}

}  // namespace millrace::log
