// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

namespace millrace::testing {

// A new, empty directory below TMPDIR (else /tmp) that is removed with all it holds by the
// destructor. Those that a crashed test left behind are removed when the next one is made.
// Aborts if it cannot be made: no test can run then.
class TempDirectory {
 public:
  TempDirectory();
  // Below `parent` instead.
  explicit TempDirectory(const std::filesystem::path& parent);
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace millrace::testing
