// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

namespace millrace::testing {

// A new, empty directory below TMPDIR (else /tmp). The destructor removes it with its content.
// Making a directory also removes those of crashed tests. Aborts if it cannot be made: no test can
// run then.
class TempDirectory {
 public:
  TempDirectory();
  // The same below `parent`.
  explicit TempDirectory(const std::filesystem::path& parent);
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace millrace::testing
