// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sequence.h"

namespace millrace::log {

// The newest sequence that readers may have seen, in its own file beside RocksDB's files. The log
// writes the mark after the sync that makes a commit durable and before the commit becomes visible,
// and never syncs it. After a crash of the process the mark is exact. After a power loss it can be
// too low, but never above the synced sequence. If a log opens with a newest sequence below the
// mark, it has lost visible changes. Use from one thread. Format: log/FORMAT.md.
class VisibleMark {
 public:
  // Opens the file `VISIBLE` in `directory`. If it is absent, the first Write creates it. kInternal
  // STORAGE_FAILED.
  static absl::StatusOr<VisibleMark> Open(const std::string& directory);
  VisibleMark(VisibleMark&& other) noexcept;
  VisibleMark& operator=(VisibleMark&&) = delete;
  ~VisibleMark();

  // The mark of `log_id`; zero if the file has no valid mark of that log. kInternal STORAGE_FAILED.
  absl::StatusOr<Sequence> Read(uint64_t log_id) const;
  // Whether the file has a valid mark of any log with visible changes. kInternal STORAGE_FAILED.
  absl::StatusOr<bool> HasVisibleChanges() const;
  // kResourceExhausted DISK_FULL: retry; until then the file may have no valid mark. kInternal
  // STORAGE_FAILED.
  absl::Status Write(uint64_t log_id, Sequence newest);

 private:
  struct Mark {
    uint64_t log_id = 0;
    Sequence newest;
  };
  VisibleMark(int file, std::string path);
  // A zero mark if there is no valid one.
  absl::StatusOr<Mark> ReadMark() const;

  int file_;  // -1: absent
  std::string path_;
};

}  // namespace millrace::log
