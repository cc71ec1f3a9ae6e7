// SPDX-License-Identifier: Apache-2.0

#include "api/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace::api {
namespace {

// MFD_NOEXEC_SEAL, which headers before Linux 6.3 lack.
constexpr unsigned kNoexecSeal = 8;

absl::Status Failed(std::string_view what) {
  const int error = errno;
  if (error == EMFILE || error == ENFILE) return OutOfFileDescriptors("certificates in memory");
  return MakeError(reason::kInternal,
                   fmt::format("cannot {}: {}", what, std::generic_category().message(error)));
}

bool WriteAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) content.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// Makes a file with `content` and modification time `modified`.
absl::StatusOr<int> MakeFile(std::string_view content, std::time_t modified) {
  constexpr char kName[] = "millrace";
  int descriptor = ::memfd_create(kName, MFD_CLOEXEC | kNoexecSeal);
  if (descriptor < 0 && errno == EINVAL) descriptor = ::memfd_create(kName, MFD_CLOEXEC);
  if (descriptor < 0) return Failed("create a file in memory");
  const timespec time{.tv_sec = modified, .tv_nsec = 0};
  const timespec times[2] = {time, time};
  if (WriteAll(descriptor, content) && ::futimens(descriptor, times) == 0) return descriptor;
  const absl::Status failed = Failed("write a file in memory");
  ::close(descriptor);
  return failed;
}

}  // namespace

absl::StatusOr<MemoryFile> MemoryFile::Make(std::string_view content) {
  // gRPC takes a time of zero as a failure.
  MILLRACE_ASSIGN_OR_RETURN(const int descriptor, MakeFile(content, 1));
  MemoryFile file(descriptor);
  if (::access(file.path().c_str(), R_OK) != 0) {
    return Failed(fmt::format("read {}, for which /proc must be mounted", file.path()));
  }
  return file;
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), modified_(other.modified_) {}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

absl::Status MemoryFile::Replace(std::string_view content) {
  MILLRACE_ASSIGN_OR_RETURN(const int descriptor, MakeFile(content, modified_ + 1));
  // The descriptor number and thus the path stay; from now on they refer to the new file.
  const bool replaced = ::dup3(descriptor, descriptor_, O_CLOEXEC) >= 0;
  const absl::Status status = replaced ? absl::OkStatus() : Failed("replace a file in memory");
  ::close(descriptor);
  if (replaced) ++modified_;
  return status;
}

std::string MemoryFile::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

}  // namespace millrace::api
