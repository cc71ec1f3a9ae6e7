// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace::api {

// A file that exists only in memory, for a library that takes a path and watches the file there.
// Its content is replaced as a whole: a reader that has opened the path never reads a mixture of
// two contents. Each content has a modification time of its own, in whole seconds. Not thread-safe.
class MemoryFile {
 public:
  // kUnavailable OUT_OF_FILE_DESCRIPTORS, or kInternal INTERNAL: there is no /proc, or no memory.
  static absl::StatusOr<MemoryFile> Make(std::string_view content);
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();

  // Errors as Make; the content is the old one then.
  absl::Status Replace(std::string_view content);

  // Of this process alone; the same as long as the object lives.
  std::string path() const;

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  std::time_t modified_ = 1;
};

}  // namespace millrace::api
