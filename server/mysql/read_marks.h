// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "model/binlog_place.h"
#include "model/gtid_set.h"
#include "mysql/connection.h"

namespace millrace {

// What a reader of tables must know of the binlog beside its reads. Errors as Connection::Query.

struct BinlogMark {
  BinlogPlace place;
  // MariaDB: what the binlog holds up to `place` or a little behind it. A dump that goes on from
  // GTIDs learns its place there only with the next event or heartbeat, so on an idle server these
  // tell much sooner that it has come to the end. Empty on others, which tell the place at once.
  GtidSet gtids;
};

// Where the binlog ends now: whatever a query could see before this call lies before it, because a
// transaction is flushed to the binlog before an engine shows it.
absl::StatusOr<BinlogMark> BinlogEnd(Connection& connection);

// MySQL with GTIDs: waits until queries see all transactions of `gtids`. A GTID enters
// gtid_executed after the engine has shown its transaction; the binlog may tell of it earlier.
// kDeadlineExceeded SNAPSHOT_NOT_VISIBLE: not within `timeout`.
absl::Status WaitUntilExecuted(Connection& connection, const GtidSet& gtids, Micros timeout);

// Begins a transaction that sees one state of all InnoDB tables until EndConsistentRead. Answers
// the place in the binlog that this state is exactly at, on servers that tell (MariaDB); nothing on
// others.
absl::StatusOr<std::optional<BinlogPlace>> BeginConsistentRead(Connection& connection);
absl::Status EndConsistentRead(Connection& connection);

// How busy the source is.
struct SourceLoad {
  uint64_t threads_running = 0;
  // Seconds behind its own source; nothing if it is no replica or does not know.
  std::optional<uint64_t> replication_lag_seconds;
};
absl::StatusOr<SourceLoad> FetchSourceLoad(Connection& connection);

}  // namespace millrace
