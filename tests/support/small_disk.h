// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// A file system of its own, small enough to be filled. Only this thread, and the threads and
// processes that it starts afterwards, see it; the kernel removes it when the test has ended.
class SmallDisk {
 public:
  enum class Kind { kExt4, kTmpfs };
  // kUnavailable: this machine does not let us mount; the message says why.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(Kind kind, uint64_t bytes);
  ~SmallDisk();

  std::filesystem::path path() const { return directory_.path() / "mounted"; }
  // Takes what space there is, to the last byte. Thread-safe, as Free is.
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
