// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace::api {

// A file in memory, for a library that watches a file by its path. Replace exchanges the content as
// a whole: a reader that has opened the path never sees a mixture. Each content has its own
// modification time, in whole seconds. Not thread-safe.
class MemoryFile {
 public:
  // kUnavailable OUT_OF_FILE_DESCRIPTORS, or kInternal INTERNAL: no /proc or no memory.
  static absl::StatusOr<MemoryFile> Make(std::string_view content);
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();

  // Fails like Make; the old content then stays.
  absl::Status Replace(std::string_view content);

  // Valid only within this process. Constant during the object's life.
  std::string path() const;

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  std::time_t modified_ = 1;
};

}  // namespace millrace::api
