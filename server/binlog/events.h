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

// Bodies of the events that a feed needs. Every parser takes bytes nobody has checked and answers
// kDataLoss EVENT_TRUNCATED for what is too short or contradicts itself. Views lie in the event's
// bytes.
namespace millrace::binlog {

// ROTATE, real or artificial: the stream goes on in another file.
struct Rotate {
  std::string_view file;
  uint64_t position = 0;
};
absl::StatusOr<Rotate> ParseRotate(const Event& event);

// FORMAT_DESCRIPTION. kUnimplemented EVENT_KIND_UNSUPPORTED: another binlog version, other
// post-header sizes than those the parsers below assume, or an unknown checksum algorithm.
absl::StatusOr<Format> ParseFormatDescription(const Event& event);
// Whether the server that wrote a FORMAT_DESCRIPTION knows checksums (MySQL 5.6.1, MariaDB 5.3): if
// so the event ends in the algorithm and a checksum, even when checksums are off. Its body may or
// may not have lost them yet.
absl::StatusOr<bool> ServerSupportsChecksums(const Event& event);

// Identity of an XA transaction.
struct Xid {
  uint32_t format_id = 0;
  std::string_view global;  // at most 64 bytes
  std::string_view branch;  // the same
};

// GTID, GTID_TAGGED and ANONYMOUS_GTID of MySQL. kUnimplemented EVENT_KIND_UNSUPPORTED: a tagged
// one of a newer version, with fields that must not be passed over.
struct MysqlGtidEvent {
  std::optional<MysqlGtid> gtid;     // none: anonymous
  Micros immediate_commit_time = 0;  // on the server we read from; 0 before 8.0
  Micros original_commit_time = 0;   // on the server where the client committed; 0 before 8.0
  uint64_t transaction_size = 0;     // bytes of the whole transaction; 0 unknown
};
absl::StatusOr<MysqlGtidEvent> ParseMysqlGtid(const Event& event);

// GTID of MariaDB. Also stands for BEGIN.
struct MariadbGtidEvent {
  MariadbGtid gtid;
  bool standalone = false;      // no COMMIT follows: the next event is the whole transaction (DDL)
  bool prepared_xa = false;     // rows of an XA transaction that is only prepared
  bool completed_xa = false;    // XA COMMIT or ROLLBACK
  Xid xid;                      // if one of these two
  bool start_alter = false;     // split ALTER (10.8+): it begins; nothing has changed yet
  bool commit_alter = false;    //   … it is done
  bool rollback_alter = false;  //   … it failed
  uint64_t alter_started = 0;   // for these two: number of the GTID with start_alter
};
absl::StatusOr<MariadbGtidEvent> ParseMariadbGtid(const Event& event);

// PREVIOUS_GTIDS of MySQL and GTID_LIST of MariaDB: what earlier files hold.
absl::StatusOr<GtidSet> ParsePreviousGtids(const Event& event);

// QUERY. The statement's text is in the charset of the client that sent it.
struct Query {
  uint32_t thread_id = 0;
  std::string_view database;  // default database of the session
  std::string_view statement;
  std::optional<Micros> microseconds;  // fraction of the header's second, where the source tells it
  uint16_t client_charset = 0;         // collation id of character_set_client; 0 unknown
  std::optional<uint64_t> sql_mode;    // bits as the server has them
  // MySQL: the databases of all tables that a statement which changes rows has opened, also for
  // triggers, views and functions; each name ends with a zero byte. Nothing: the source did not
  // say, or did not know them all.
  std::optional<std::string_view> databases;
};
absl::StatusOr<Query> ParseQuery(const Event& event);
// EXECUTE_LOAD_QUERY: LOAD DATA that was logged as a statement, after the file's blocks.
absl::StatusOr<Query> ParseLoadQuery(const Event& event);
// The statement alone, without a look at the settings beside it, which may be malformed. Empty:
// there is none, or the event ends before it.
std::string_view StatementOf(const Event& event);

// Row events of all versions.
enum class RowsKind : uint8_t { kWrite, kUpdate, kDelete, kPartialUpdate };
struct Rows {
  static constexpr uint16_t kFlagStatementEnd = 0x0001;
  RowsKind kind = RowsKind::kWrite;
  uint64_t table_id = 0;
  uint16_t flags = 0;
  uint32_t column_count = 0;
  // One bit a column, lowest bit of the first byte first: is it in the image? `after` is only set
  // for updates. For WRITE `present` is of the after image, for DELETE of the before image.
  std::string_view present;
  std::string_view present_after;
  std::string_view rows;  // images one after another; see transcode for their format
};
// kUnimplemented EVENT_KIND_UNSUPPORTED for row events of MySQL 5.1 prereleases (V0), and for
// MariaDB's compressed ones, which Uncompress makes plain first.
absl::StatusOr<Rows> ParseRows(const Event& event);
// True for all row events but MariaDB's compressed ones: for these see IsCompressed.
bool IsRows(EventType type);

// XID: commit of a transaction.
absl::StatusOr<uint64_t> ParseXid(const Event& event);

// HEARTBEAT and HEARTBEAT_V2: the source is alive and has sent everything up to here.
struct Heartbeat {
  std::string_view file;
  uint64_t position = 0;
};
absl::StatusOr<Heartbeat> ParseHeartbeat(const Event& event);

// INCIDENT: the source lost events. Message as it gives it.
absl::StatusOr<std::string> ParseIncident(const Event& event);

// ROWS_QUERY and MariaDB's ANNOTATE_ROWS: text of the statement behind the rows.
absl::StatusOr<std::string_view> ParseRowsQuery(const Event& event);

// XA_PREPARE, the end of an XA transaction's events. one_phase is a commit.
struct XaPrepare {
  bool one_phase = false;
  Xid xid;
};
absl::StatusOr<XaPrepare> ParseXaPrepare(const Event& event);

}  // namespace millrace::binlog
