// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "binlog/event.h"
#include "model/gtid.h"
#include "model/gtid_set.h"

// Bodies of the events that a feed needs. Every parser accepts unverified bytes and returns
// kDataLoss EVENT_TRUNCATED if they are too short or inconsistent. Views point into the event's
// bytes.
namespace millrace::binlog {

// ROTATE, real or artificial: the stream continues in another file.
struct Rotate {
  std::string_view file;
  uint64_t position = 0;
};
absl::StatusOr<Rotate> ParseRotate(const Event& event);

// FORMAT_DESCRIPTION. kUnimplemented EVENT_KIND_UNSUPPORTED: another binlog version, post-header
// sizes that the parsers below do not support, or an unknown checksum algorithm.
absl::StatusOr<Format> ParseFormatDescription(const Event& event);
// Whether the server that wrote a FORMAT_DESCRIPTION supports checksums (MySQL 5.6.1, MariaDB 5.3).
// If so, the event ends in the algorithm and a checksum, even when checksums are off. Accepts the
// body with or without that checksum.
absl::StatusOr<bool> ServerSupportsChecksums(const Event& event);

// Identity of an XA transaction.
struct Xid {
  uint32_t format_id = 0;
  std::string_view global;  // at most 64 bytes
  std::string_view branch;  // at most 64 bytes
};

// GTID, GTID_TAGGED and ANONYMOUS_GTID of MySQL. kUnimplemented EVENT_KIND_UNSUPPORTED: a
// GTID_TAGGED of a newer server, with unknown fields that it does not allow us to skip.
struct MysqlGtidEvent {
  std::optional<MysqlGtid> gtid;     // absent: anonymous
  Micros immediate_commit_time = 0;  // on the server we read from; 0 before 8.0
  Micros original_commit_time = 0;   // on the server where the client committed; 0 before 8.0
  uint64_t transaction_size = 0;     // bytes of the whole transaction; 0: unknown
};
absl::StatusOr<MysqlGtidEvent> ParseMysqlGtid(const Event& event);

// GTID of MariaDB, which writes no separate BEGIN.
struct MariadbGtidEvent {
  MariadbGtid gtid;
  bool standalone = false;      // the next event is the whole transaction (DDL): no COMMIT
  bool prepared_xa = false;     // rows of a prepared XA transaction
  bool completed_xa = false;    // XA COMMIT or ROLLBACK
  Xid xid;                      // set if prepared_xa or completed_xa
  bool start_alter = false;     // split ALTER (10.8+): started; nothing has changed yet
  bool commit_alter = false;    // split ALTER: completed
  bool rollback_alter = false;  // split ALTER: failed
  uint64_t alter_started = 0;   // for commit and rollback: number of the GTID with start_alter
};
absl::StatusOr<MariadbGtidEvent> ParseMariadbGtid(const Event& event);

// PREVIOUS_GTIDS of MySQL and GTID_LIST of MariaDB: the GTIDs in earlier files.
absl::StatusOr<GtidSet> ParsePreviousGtids(const Event& event);

// QUERY. The text of most statements is in `client_charset`; README.md lists the exceptions.
struct Query {
  uint32_t thread_id = 0;
  std::string_view database;  // default database of the session
  std::string_view statement;
  std::optional<Micros> microseconds;  // within the header's second
  uint16_t client_charset = 0;         // collation id of character_set_client; 0: unknown
  std::optional<uint64_t> sql_mode;    // the server's bit mask
  // MySQL: the databases of all tables that a row-changing statement opened, also through triggers,
  // views and functions. Each name ends with a zero byte. Absent: the source sent no list, or not a
  // complete one.
  std::optional<std::string_view> databases;
};
absl::StatusOr<Query> ParseQuery(const Event& event);
// EXECUTE_LOAD_QUERY: a LOAD DATA logged as a statement. Earlier events have its file.
absl::StatusOr<Query> ParseLoadQuery(const Event& event);
// Returns only the statement and does not parse the status variables, which may be malformed.
// Empty: there is no statement, or the event ends before it.
std::string_view StatementOf(const Event& event);

// Row events of all versions.
enum class RowsKind : uint8_t { kWrite, kUpdate, kDelete, kPartialUpdate };
struct Rows {
  static constexpr uint16_t kFlagStatementEnd = 0x0001;
  RowsKind kind = RowsKind::kWrite;
  uint64_t table_id = 0;
  uint16_t flags = 0;
  uint32_t column_count = 0;
  // One bit for each column, lowest bit of the first byte first: whether the image contains it.
  // `present` describes the before image of UPDATE and DELETE, and the after image of WRITE.
  // `present_after` is set for updates only.
  std::string_view present;
  std::string_view present_after;
  std::string_view rows;  // consecutive images; `transcode` parses them
};
// kUnimplemented EVENT_KIND_UNSUPPORTED: row events of MySQL 5.1 prereleases (V0), and MariaDB's
// compressed ones, which need Uncompress first.
absl::StatusOr<Rows> ParseRows(const Event& event);
// True for all row events except MariaDB's compressed ones: for those see IsCompressed.
bool IsRows(EventType type);

// XID: the commit of a transaction.
absl::StatusOr<uint64_t> ParseXid(const Event& event);

// HEARTBEAT and HEARTBEAT_V2: the source is alive and has sent everything up to here.
struct Heartbeat {
  std::string_view file;
  uint64_t position = 0;
};
absl::StatusOr<Heartbeat> ParseHeartbeat(const Event& event);

// INCIDENT: the source lost events. Returns the source's message.
absl::StatusOr<std::string> ParseIncident(const Event& event);

// ROWS_QUERY and MariaDB's ANNOTATE_ROWS: text of the statement behind the rows.
absl::StatusOr<std::string_view> ParseRowsQuery(const Event& event);

// XA_PREPARE, the last event of an XA transaction. `one_phase`: it also commits.
struct XaPrepare {
  bool one_phase = false;
  Xid xid;
};
absl::StatusOr<XaPrepare> ParseXaPrepare(const Event& event);

}  // namespace millrace::binlog
