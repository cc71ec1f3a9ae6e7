// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace millrace {

// Finds a place beyond 4 GiB in a binlog file: a dump by file is asked for with 32 bits, so it must
// begin at the start of the file and drop what comes before the place.
class OffsetSkipper {
 public:
  // Drops nothing.
  OffsetSkipper() = default;
  // Drops what comes before `offset` in a dump that begins at the start of a file.
  explicit OffsetSkipper(uint64_t offset) : offset_(offset), active_(true) {}

  // Whether the next event is to be dropped. FORMAT_DESCRIPTION and artificial events never are.
  // kFailedPrecondition SOURCE_CHANGED: no event begins at the offset, or the file ends before it.
  absl::StatusOr<bool> Drops(const std::string& endpoint, std::string_view event) {
    if (!active_) [[likely]]
      return false;
    return CheckOffset(endpoint, event);
  }

 private:
  absl::StatusOr<bool> CheckOffset(const std::string& endpoint, std::string_view event);

  uint64_t offset_ = 0;
  // Of the next event; the file begins with four bytes of its own.
  uint64_t at_ = 4;
  bool active_ = false;
};

}  // namespace millrace
