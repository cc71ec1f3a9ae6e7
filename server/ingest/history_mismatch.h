// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/log.h"

namespace millrace::ingest {

// Whether a source was seen with another history than this log; stored in the log (FORMAT.md). If
// the source later has our transaction numbers, that proves nothing, as they may belong to other
// transactions. The mismatch is cleared only when the last transaction compares equal. Belongs to
// the ingest thread.
class HistoryMismatch {
 public:
  // Which server had the other history. Persistent, see FORMAT.md: do not renumber.
  enum class Server : uint8_t {
    kOther = 1,
    kSame = 2,  // the server that the position was read from
  };

  // The constructor makes an object without mismatch. Load: kDataLoss LOG_DAMAGED;
  // kFailedPrecondition FORMAT_TOO_NEW.
  HistoryMismatch() = default;
  static absl::StatusOr<HistoryMismatch> Load(const log::Log& log);

  // Records and stores a mismatch of that server. Errors as Log::PutRecords; the mismatch is
  // recorded in memory even then.
  absl::Status Record(log::Log& log, Server server);
  // Call it after the last transaction compared equal. Errors as Log::PutRecords.
  absl::Status Clear(log::Log& log);

  // Whether the mismatch concerns that server. One of kOther does not concern kSame.
  bool AppliesTo(Server server) const {
    return recorded_ != 0 && static_cast<uint8_t>(server) <= recorded_;
  }

 private:
  uint8_t recorded_ = 0;  // the largest Server recorded; 0: none
};

}  // namespace millrace::ingest
