// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// A separate file system that is small enough to fill. Only this thread, and the threads and
// processes that it starts afterwards, see it. The kernel removes it when the test has ended.
class SmallDisk {
 public:
  enum class Kind { kExt4, kTmpfs };
  // kUnavailable: this machine does not allow mounts; the message has the cause.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(Kind kind, uint64_t bytes);
  ~SmallDisk();

  std::filesystem::path path() const { return directory_.path() / "mounted"; }
  // Takes all free space, to the last byte. Fill and Free are thread-safe.
  void Fill() const;
  void Free() const;

 private:
  SmallDisk() = default;
  absl::Status MountExt4(uint64_t bytes) const;
  absl::Status MountTmpfs(uint64_t bytes) const;

  TempDirectory directory_;
  bool mounted_ = false;
};

}  // namespace millrace::testing
