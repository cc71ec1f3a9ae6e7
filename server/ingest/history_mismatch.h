// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/log.h"

namespace millrace::ingest {

// Whether a source has been seen with another history than this log; stored in the log (FORMAT.md).
// If the source has our transaction numbers later, that proves nothing, as they may belong to other
// transactions. Only comparing the last transaction ends the doubt. Belongs to the ingest thread.
class HistoryMismatch {
 public:
  // Which server it was. Persistent, see FORMAT.md: not to be renumbered.
  enum class Server : uint8_t {
    kOther = 1,
    kSame = 2,  // that the position was read from
  };

  // None. kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  HistoryMismatch() = default;
  static absl::StatusOr<HistoryMismatch> Load(const log::Log& log);

  // Notes and stores a verdict about that server. Errors as Log::PutRecords; it is noted then.
  absl::Status Record(log::Log& log, Server server);
  // The last transaction was compared. Errors as Log::PutRecords.
  absl::Status Clear(log::Log& log);

  // Whether it concerns that server. A verdict about another says nothing about ours.
  bool AppliesTo(Server server) const {
    return recorded_ != 0 && static_cast<uint8_t>(server) <= recorded_;
  }

 private:
  uint8_t recorded_ = 0;  // of Server, the largest; 0 none
};

}  // namespace millrace::ingest
