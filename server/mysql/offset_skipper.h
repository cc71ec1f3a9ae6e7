// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace millrace {

// Finds an offset beyond 4 GiB in a binlog file. A request for a dump by file has a 32-bit offset.
// To reach a greater one, we request the file from its beginning and drop the events before it.
class OffsetSkipper {
 public:
  // Drops no events.
  OffsetSkipper() = default;
  // Drops the events before `offset` in a dump that starts at the beginning of a file.
  explicit OffsetSkipper(uint64_t offset) : offset_(offset), active_(true) {}

  // Whether to drop the next event. Never true for FORMAT_DESCRIPTION and artificial events.
  // kFailedPrecondition SOURCE_CHANGED: no event begins at the offset, or the file ends before it.
  absl::StatusOr<bool> Drops(const std::string& endpoint, std::string_view event) {
    if (!active_) [[likely]]
      return false;
    return CheckOffset(endpoint, event);
  }

 private:
  absl::StatusOr<bool> CheckOffset(const std::string& endpoint, std::string_view event);

  uint64_t offset_ = 0;
  // Offset of the next event. The file begins with a magic number of four bytes.
  uint64_t at_ = 4;
  bool active_ = false;
};

}  // namespace millrace
