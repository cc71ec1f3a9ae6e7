// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "model/gtid_set.h"

namespace millrace {

// A place between two transactions of a source's binlog. The log contains everything before it.
struct SourcePosition {
  // Name of the binlog file; empty only if just the GTIDs of the position are known.
  std::string file;
  // Offset in `file` of the next event.
  uint64_t offset = 0;
  // Transactions before the place; empty on a source without GTIDs.
  GtidSet gtids;

  // `mysql-bin.000042:1377` for messages.
  std::string ToString() const;
  // Persistent binary form, see model/FORMAT.md.
  void AppendBinary(std::string& to) const;
  // kInvalidArgument: the bytes are not a valid position.
  static absl::StatusOr<SourcePosition> FromBinary(std::string_view bytes);
  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

}  // namespace millrace
