// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/binlog_place.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace {

// Runs SHOW BINARY LOG STATUS, or its older name if the server needs that. Returns one row, or none
// if the source writes no binlog. Errors as Connection::Query.
absl::StatusOr<QueryRows> BinlogStatus(Connection& connection);

// The end of the binlog, from a result of BinlogStatus. kFailedPrecondition SOURCE_REFUSED_DUMP:
// the result has no row, because the source writes no binlog.
absl::StatusOr<BinlogPlace> ParsePlace(const Connection& connection, const QueryRows& status);

// MariaDB: the last transaction of each domain in the binlog. The server writes a transaction there
// before engines make it visible.
absl::StatusOr<GtidSet> WrittenGtids(Connection& connection);

// MySQL: the transactions that the source has executed, @@global.gtid_executed.
absl::StatusOr<GtidSet> ExecutedGtids(Connection& connection);

// MySQL: the same, plus the transactions that sessions are committing now, @@global.gtid_owned.
// Such a transaction may already be in the binlog, and have been sent to us, while it waits for a
// semi-synchronous replica. On a replica it may not be in the binlog yet.
absl::StatusOr<GtidSet> ExecutedAndOwnedGtids(Connection& connection);

// A file of the source's binlog.
struct BinlogFile {
  std::string name;
  uint64_t size = 0;
};
// All binlog files of the source, oldest first. Errors as CurrentPosition.
absl::StatusOr<std::vector<BinlogFile>> ListBinlogFiles(Connection& connection);

// The current end of the source's binlog. Every transaction committed before the call is before it.
// kFailedPrecondition SOURCE_REFUSED_DUMP: the source writes no binlog. kPermissionDenied
// SOURCE_ACCESS_DENIED: REPLICATION CLIENT (MariaDB: BINLOG MONITOR) is missing.
absl::StatusOr<SourcePosition> CurrentPosition(Connection& connection);

// The oldest position from which the source can still be read. Errors as CurrentPosition.
absl::StatusOr<SourcePosition> EarliestPosition(Connection& connection);

// Whether the binlog files prove that our position was read from this very source. If so,
// transactions that the source is committing now count as present, and a missing domain as deleted
// (FLUSH BINARY LOGS DELETE_DOMAIN_ID). An unverified source may be a replica that has not received
// the transaction or domain yet.
enum class PositionOrigin { kUnverified, kThisServer };

// Whether the source can continue exactly after `ours`. `ours_uuid` is the UUID of the server from
// which `ours` was read (empty: unknown, or MariaDB).
//
// Call it before every dump: MariaDB accepts a GTID in a domain in which it has no transactions,
// and file names repeat after a reset. OK is no promise; a dump may still fail. kOutOfRange
// SOURCE_PURGED: the source deleted transactions after `ours`. kFailedPrecondition
// SOURCE_LACKS_GTIDS: it lacks transactions before `ours`; SOURCE_CHANGED: `ours` is a file and
// offset of another server, or past the end of the file.
absl::Status CheckContinuity(Connection& connection, const SourcePosition& ours,
                             std::string_view ours_uuid,
                             PositionOrigin position_origin = PositionOrigin::kUnverified);

// MySQL: the GTIDs that the source has purged and `ours` lacks. We may still receive them: the
// source may purge a file that it has sent but that we have not read yet.
absl::StatusOr<MysqlGtidSet> PurgedNotIn(Connection& connection, const GtidSet& ours);

// MySQL: checks that the source has purged none of `missing`: GTIDs that it has executed and the
// stream lacks, although the stream reached the end of the binlog. kOutOfRange SOURCE_PURGED: they
// were added to gtid_purged, for example by loading a dump without the binlog, and no stream will
// ever contain them.
absl::Status CheckNotPurged(Connection& connection, const MysqlGtidSet& missing);

}  // namespace millrace
