// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "model/binlog_place.h"
#include "model/source_position.h"

namespace millrace::ingest {

// Notices that the source's binlogs were reset under a dump, which may then go on with heartbeats
// and send nothing any more. For one stream. Belongs to the ingest thread.
class BinlogEndCheck {
 public:
  // At a heartbeat between two transactions, when the source has sent all up to `ours`: `end` is
  // where it says that its binlog ends. kFailedPrecondition SOURCE_CHANGED: that is before `ours`;
  // SOURCE_LACKS_GTIDS: it has not executed all of ours. kUnavailable SOURCE_UNREACHABLE: for two
  // heartbeats it has had more than it sends.
  absl::Status Check(const std::string& endpoint, const SourcePosition& ours,
                     const SourcePosition& end);

 private:
  // Where the last heartbeat came, if there was more behind it.
  std::optional<BinlogPlace> stuck_at_;
};

}  // namespace millrace::ingest
