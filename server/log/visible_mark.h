// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sequence.h"

namespace millrace::log {

// The newest sequence that anyone may have seen, in a file of its own beside RocksDB's. It is
// written after the sync that makes a commit durable and before the commit becomes visible, and is
// itself never synced: after a crash of the process it is exact, after a power loss it may be too
// low, but it is never above what was synced. A log that comes up with less than the mark says has
// lost changes that were seen. One thread. Format: log/FORMAT.md.
class VisibleMark {
 public:
  // Opens the file `VISIBLE` in `directory`; if it is absent, the first Write creates it. kInternal
  // STORAGE_FAILED.
  static absl::StatusOr<VisibleMark> Open(const std::string& directory);
  VisibleMark(VisibleMark&& other) noexcept;
  VisibleMark& operator=(VisibleMark&&) = delete;
  ~VisibleMark();

  // What was written last for `log_id`; zero if the file holds no valid mark of that log. kInternal
  // STORAGE_FAILED.
  absl::StatusOr<Sequence> Read(uint64_t log_id) const;
  // Whether the file holds a valid mark of any log in which something was visible. kInternal
  // STORAGE_FAILED.
  absl::StatusOr<bool> HasVisibleChanges() const;
  // kResourceExhausted DISK_FULL: to be tried again; until then there may be no valid mark.
  // kInternal STORAGE_FAILED.
  absl::Status Write(uint64_t log_id, Sequence newest);

 private:
  struct Mark {
    uint64_t log_id = 0;
    Sequence newest;
  };
  VisibleMark(int file, std::string path);
  // Zero if there is no valid one.
  absl::StatusOr<Mark> ReadMark() const;

  int file_;  // -1: absent
  std::string path_;
};

}  // namespace millrace::log
