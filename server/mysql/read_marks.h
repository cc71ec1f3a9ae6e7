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

// Positions in the binlog for a reader of tables, so that it can match its reads with the stream.
// Errors as Connection::Query.

struct BinlogMark {
  BinlogPlace place;
  // MariaDB: the GTIDs in the binlog up to `place` or slightly after it. A dump that resumes from
  // GTIDs learns its place only with the next event or heartbeat. So on an idle server these GTIDs
  // show much earlier that the dump has reached the end. Empty on MySQL, which reports the place
  // immediately.
  GtidSet gtids;
};

// The current end of the binlog. Every transaction that a query could see before this call is
// before it, because the server flushes a transaction to the binlog before an engine makes it
// visible.
absl::StatusOr<BinlogMark> BinlogEnd(Connection& connection);

// MySQL with GTIDs: waits until queries see all transactions of `gtids`. The server adds a GTID to
// gtid_executed after the transaction is visible in the engine; the binlog may contain it earlier.
// kDeadlineExceeded SNAPSHOT_NOT_VISIBLE: not within `timeout`.
absl::Status WaitUntilExecuted(Connection& connection, const GtidSet& gtids, Micros timeout);

// Begins a transaction that sees one state of all InnoDB tables until EndConsistentRead. On MariaDB
// returns the exact place of this state in the binlog; on MySQL, which does not report it, nothing.
absl::StatusOr<std::optional<BinlogPlace>> BeginConsistentRead(Connection& connection);
absl::Status EndConsistentRead(Connection& connection);

// The load of the source.
struct SourceLoad {
  uint64_t threads_running = 0;
  // How far the source lags behind its own source. Absent: it is not a replica, or does not know.
  std::optional<uint64_t> replication_lag_seconds;
};
absl::StatusOr<SourceLoad> FetchSourceLoad(Connection& connection);

}  // namespace millrace
