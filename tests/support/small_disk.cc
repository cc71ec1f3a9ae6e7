// SPDX-License-Identifier: Apache-2.0

#include "support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "support/process.h"

namespace millrace::testing {
namespace {

absl::Status MountError(const std::string& act) {
  return absl::UnavailableError(fmt::format("cannot {}: {}", act, std::strerror(errno)));
}

// Otherwise a crashed test would leave a mount.
absl::Status EnterPrivateMountNamespace() {
  static const int error = [] {
    if (::unshare(CLONE_NEWNS) != 0) return errno;
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ? 0 : errno;
  }();
  errno = error;
  return error == 0 ? absl::OkStatus() : MountError("make a mount namespace (needs root)");
}

absl::Status Run(const std::string& program, const std::vector<std::string>& arguments) {
  const auto result = RunProcess({.program = program, .arguments = arguments}, absl::Seconds(30));
  if (!result.ok()) return absl::UnavailableError(result.status().ToString());
  if (result->exit_code == 0) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{} failed: {}", program, result->errors));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(Kind kind, uint64_t bytes) {
  if (absl::Status status = EnterPrivateMountNamespace(); !status.ok()) return status;
  std::unique_ptr<SmallDisk> disk(new SmallDisk());
  std::filesystem::create_directory(disk->path());
  const absl::Status status =
      kind == Kind::kExt4 ? disk->MountExt4(bytes) : disk->MountTmpfs(bytes);
  if (!status.ok()) return status;
  disk->mounted_ = true;
  return disk;
}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
}

absl::Status SmallDisk::MountTmpfs(uint64_t bytes) const {
  const std::string size = fmt::format("size={}", bytes);
  if (::mount("none", path().c_str(), "tmpfs", 0, size.c_str()) == 0) return absl::OkStatus();
  return MountError("mount a tmpfs");
}

absl::Status SmallDisk::MountExt4(uint64_t bytes) const {
  const std::string image = directory_.path() / "image";
  const int file = ::open(image.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const bool made = file >= 0 && ::ftruncate(file, static_cast<off_t>(bytes)) == 0;
  if (file >= 0) ::close(file);
  if (!made) return MountError("make " + image);
  // Reserves nothing for root, because root may run the test.
  absl::Status status = Run("mkfs.ext4", {"-q", "-F", "-m", "0", image});
  if (status.ok()) status = Run("mount", {"-o", "loop", image, path().string()});
  return status;
}

void SmallDisk::Fill() const {
  const std::string filler = path() / "filler";
  const int file = ::open(filler.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  const std::string bytes(1 << 20, 'f');
  for (size_t piece = bytes.size(); piece > 0; piece /= 8) {
    while (::write(file, bytes.data(), piece) > 0) {
    }
  }
  ::close(file);
}

void SmallDisk::Free() const {
  std::error_code ignored;
  std::filesystem::remove(path() / "filler", ignored);
}

}  // namespace millrace::testing
