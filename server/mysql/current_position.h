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

// SHOW BINARY LOG STATUS, by the name that the server knows: one row, or none if it writes no
// binlog. Errors as Connection::Query.
absl::StatusOr<QueryRows> BinlogStatus(Connection& connection);

// The file that `status`, of BinlogStatus, names, and where it ends. kFailedPrecondition
// SOURCE_REFUSED_DUMP: no row, the source writes no binlog.
absl::StatusOr<BinlogPlace> ParsePlace(const Connection& connection, const QueryRows& status);

// MariaDB: the last transaction of each domain that its binlog holds; it counts from the moment at
// which it is written there, which is before engines show it.
absl::StatusOr<GtidSet> WrittenGtids(Connection& connection);

// MySQL: what it has executed, @@global.gtid_executed.
absl::StatusOr<GtidSet> ExecutedGtids(Connection& connection);

// MySQL: the same, and what sessions are committing now, @@global.gtid_owned. Such a transaction is
// in the binlog of the server that it is read from, where it may wait long for a semi-synchronous
// replica; on a replica it need not be in the binlog yet.
absl::StatusOr<GtidSet> ExecutedAndOwnedGtids(Connection& connection);

// A file of the source's binlog.
struct BinlogFile {
  std::string name;
  uint64_t size = 0;
};
// All that the source has, oldest first. Errors as CurrentPosition.
absl::StatusOr<std::vector<BinlogFile>> ListBinlogFiles(Connection& connection);

// Where the source's binlog ends now: every transaction committed before the call lies before it.
// kFailedPrecondition SOURCE_REFUSED_DUMP: the source writes no binlog. kPermissionDenied
// SOURCE_ACCESS_DENIED: REPLICATION CLIENT (MariaDB: BINLOG MONITOR) is missing.
absl::StatusOr<SourcePosition> CurrentPosition(Connection& connection);

// The oldest place that the source can still be read from. Errors as CurrentPosition.
absl::StatusOr<SourcePosition> EarliestPosition(Connection& connection);

// Whether the source is proven to be the server that our position was read from, by the file of the
// binlog. There a transaction that it is committing now counts as one that it has, and a domain of
// which it knows nothing was deleted (FLUSH BINARY LOGS DELETE_DOMAIN_ID); elsewhere the source may
// be a replica to which either has not come yet.
enum class PositionOrigin { kUnverified, kThisServer };

// Whether the source can go on exactly after `ours`, which was read from the server with UUID
// `ours_uuid` (empty: not known, or MariaDB). To be asked before every dump: MariaDB accepts the
// GTID of a domain in which it has nothing, and file names begin anew after a reset. OK is no
// promise; a dump may still be refused. kOutOfRange SOURCE_PURGED: it deleted what comes after
// `ours`. kFailedPrecondition SOURCE_LACKS_GTIDS: it lacks transactions before `ours`;
// SOURCE_CHANGED: `ours` is a file and offset of another server, or lies past the end of the file.
absl::Status CheckContinuity(Connection& connection, const SourcePosition& ours,
                             std::string_view ours_uuid,
                             PositionOrigin position_origin = PositionOrigin::kUnverified);

// MySQL: what the source counts as purged and `ours` lacks. It may still be on its way: a file that
// was sent and not read yet may be purged.
absl::StatusOr<MysqlGtidSet> PurgedNotIn(Connection& connection, const GtidSet& ours);

// MySQL: that the source counts none of `missing` as purged, GTIDs that it had executed when the
// end of its binlog was where the stream now is. kOutOfRange SOURCE_PURGED: they were added to
// gtid_purged, as with a dump that is loaded without the binlog; they never come through a stream.
absl::Status CheckNotPurged(Connection& connection, const MysqlGtidSet& missing);

}  // namespace millrace
