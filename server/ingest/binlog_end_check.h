// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "model/binlog_place.h"
#include "model/source_position.h"

namespace millrace::ingest {

// Detects that the source's binlogs were reset during a dump, which may then send nothing but
// heartbeats. For one stream. Belongs to the ingest thread.
class BinlogEndCheck {
 public:
  // Call at a heartbeat between two transactions, when the source has sent everything up to `ours`.
  // `end` is the end of its binlog as the source reports it. kFailedPrecondition SOURCE_CHANGED:
  // `end` is before `ours`; SOURCE_LACKS_GTIDS: the source has not executed all our transactions.
  // kUnavailable SOURCE_UNREACHABLE: `end` is after `ours`, as at the last heartbeat, but the
  // source sent nothing in between.
  absl::Status Check(const std::string& endpoint, const SourcePosition& ours,
                     const SourcePosition& end);

 private:
  // Position at the last heartbeat, if the binlog had more after it.
  std::optional<BinlogPlace> stuck_at_;
};

}  // namespace millrace::ingest
