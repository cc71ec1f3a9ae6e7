// SPDX-License-Identifier: Apache-2.0

// Replaces functions of libc in a process that SlowDisk slows; see slow_disk.h.

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "support/slow_disk.h"

namespace {

using millrace::testing::SlowDiskControl;

SlowDiskControl* Control() {
  static SlowDiskControl* const control = []() -> SlowDiskControl* {
    const char* path = std::getenv("MILLRACE_SLOW_DISK_CONTROL");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return nullptr;
    void* const mapped =
        ::mmap(nullptr, sizeof(SlowDiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    return mapped == MAP_FAILED ? nullptr : static_cast<SlowDiskControl*>(mapped);
  }();
  return control;
}

bool IsSlowed(int fd) {
  static const char* const directory = std::getenv("MILLRACE_SLOW_DISK_DIRECTORY");
  if (directory == nullptr) return false;
  std::array<char, 64> link;
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  std::array<char, PATH_MAX> path;
  const ssize_t size = ::readlink(link.data(), path.data(), path.size() - 1);
  if (size <= 0) return false;
  path[static_cast<size_t>(size)] = '\0';
  // `directory` ends with a slash. Without it, the directory itself matches too.
  const size_t length = std::strlen(directory);
  return std::strncmp(path.data(), directory, length - 1) == 0;
}

void Wait(uint32_t milliseconds) {
  timespec left{.tv_sec = milliseconds / 1000,
                .tv_nsec = static_cast<long>(milliseconds % 1000) * 1'000'000};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

void SlowSync(int fd) {
  SlowDiskControl* const control = Control();
  const uint32_t time = control == nullptr ? 0 : control->sync_milliseconds.load();
  if (time == 0 || !IsSlowed(fd)) return;
  ++control->syncs;
  Wait(time);
}

void SlowRead(int fd) {
  SlowDiskControl* const control = Control();
  const uint32_t time = control == nullptr ? 0 : control->read_milliseconds.load();
  if (time == 0 || !IsSlowed(fd)) return;
  ++control->reads;
  Wait(time);
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int fd) {
  static auto* const next = Next<int(int)>("fsync");
  SlowSync(fd);
  return next(fd);
}

int fdatasync(int fd) {
  static auto* const next = Next<int(int)>("fdatasync");
  SlowSync(fd);
  return next(fd);
}

ssize_t pread(int fd, void* to, size_t size, off_t offset) {
  static auto* const next = Next<ssize_t(int, void*, size_t, off_t)>("pread");
  SlowRead(fd);
  return next(fd, to, size, offset);
}

ssize_t pread64(int fd, void* to, size_t size, off64_t offset) {
  static auto* const next = Next<ssize_t(int, void*, size_t, off64_t)>("pread64");
  SlowRead(fd);
  return next(fd, to, size, offset);
}

// A slow disk has nothing in the page cache.
ssize_t preadv2(int fd, const iovec* to, int count, off_t offset, int flags) {
  static auto* const next = Next<ssize_t(int, const iovec*, int, off_t, int)>("preadv2");
  SlowDiskControl* const control = Control();
  if ((flags & RWF_NOWAIT) != 0 && control != nullptr && control->read_milliseconds != 0 &&
      IsSlowed(fd)) {
    errno = EAGAIN;
    return -1;
  }
  return next(fd, to, count, offset, flags);
}

}  // extern "C"
