// SPDX-License-Identifier: Apache-2.0

#include "support/slow_disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

namespace millrace::testing {

SlowDisk::SlowDisk() {
  const int fd = ::open(file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  MILLRACE_CHECK(fd >= 0 && ::ftruncate(fd, sizeof(SlowDiskControl)) == 0);
  void* const mapped =
      ::mmap(nullptr, sizeof(SlowDiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  MILLRACE_CHECK(mapped != MAP_FAILED);
  control_ = static_cast<SlowDiskControl*>(mapped);
}

SlowDisk::~SlowDisk() { ::munmap(control_, sizeof(SlowDiskControl)); }

std::map<std::string, std::string> SlowDisk::EnvironmentFor(
    const std::filesystem::path& directory) const {
  return {{"LD_PRELOAD", MILLRACE_SLOW_DISK_LIBRARY},
          {"MILLRACE_SLOW_DISK_CONTROL", file().string()},
          {"MILLRACE_SLOW_DISK_DIRECTORY", directory.string() + "/"}};
}

void SlowDisk::SlowSyncs(absl::Duration each) {
  control_->sync_milliseconds = static_cast<uint32_t>(absl::ToInt64Milliseconds(each));
}

void SlowDisk::SlowReads(absl::Duration each) {
  control_->read_milliseconds = static_cast<uint32_t>(absl::ToInt64Milliseconds(each));
}

}  // namespace millrace::testing
