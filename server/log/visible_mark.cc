// SPDX-License-Identifier: Apache-2.0

#include "log/visible_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "log/storage_errors.h"
#include "xxhash.h"

namespace millrace::log {
namespace {

constexpr size_t kMarkBytes = 24;  // log id, newest sequence, checksum of both
constexpr size_t kCheckedBytes = 16;

absl::Status Failed(std::string_view operation, const std::string& path) {
  return SystemCallFailed(operation, path, errno);
}

}  // namespace

absl::StatusOr<VisibleMark> VisibleMark::Open(const std::string& directory) {
  std::string path = directory + "/VISIBLE";
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0 && errno != ENOENT) return Failed("open", path);
  return VisibleMark(file, std::move(path));
}

VisibleMark::VisibleMark(int file, std::string path) : file_(file), path_(std::move(path)) {}

VisibleMark::VisibleMark(VisibleMark&& other) noexcept
    : file_(std::exchange(other.file_, -1)), path_(std::move(other.path_)) {}

VisibleMark::~VisibleMark() {
  if (file_ >= 0) ::close(file_);
}

absl::StatusOr<Sequence> VisibleMark::Read(uint64_t log_id) const {
  MILLRACE_ASSIGN_OR_RETURN(const Mark mark, ReadMark());
  return mark.log_id == log_id ? mark.newest : Sequence{};
}

absl::StatusOr<bool> VisibleMark::HasVisibleChanges() const {
  MILLRACE_ASSIGN_OR_RETURN(const Mark mark, ReadMark());
  return mark.newest.value != 0;
}

absl::StatusOr<VisibleMark::Mark> VisibleMark::ReadMark() const {
  if (file_ < 0) return Mark{};
  std::array<char, kMarkBytes> bytes;
  const ssize_t size = ::pread(file_, bytes.data(), bytes.size(), 0);
  if (size < 0) return Failed("read", path_);
  if (size != kMarkBytes) return Mark();
  const bool whole =
      LoadLittle64(bytes.data() + kCheckedBytes) == XXH3_64bits(bytes.data(), kCheckedBytes);
  if (!whole) return Mark();
  return Mark{.log_id = LoadLittle64(bytes.data()),
              .newest = Sequence{LoadLittle64(bytes.data() + 8)}};
}

absl::Status VisibleMark::Write(uint64_t log_id, Sequence newest) {
  if (file_ < 0) file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return Failed("create", path_);
  std::string bytes;
  AppendLittle64(bytes, log_id);
  AppendLittle64(bytes, newest.value);
  AppendLittle64(bytes, XXH3_64bits(bytes.data(), kCheckedBytes));
  const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), 0);
  if (written == kMarkBytes) return absl::OkStatus();
  // The system writes fewer bytes only if there is no space.
  if (written >= 0) errno = ENOSPC;
  return Failed("write", path_);
}

}  // namespace millrace::log
