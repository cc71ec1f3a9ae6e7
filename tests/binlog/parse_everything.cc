// SPDX-License-Identifier: Apache-2.0

#include "binlog/parse_everything.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "binlog/compression.h"
#include "binlog/events.h"
#include "binlog/table_map.h"

namespace millrace::binlog {
namespace {

constexpr uint64_t kEventBytesMax = 1 << 20;

void Touch(std::string_view bytes) {
  volatile char seen = 0;
  for (const char byte : bytes) seen = static_cast<char>(seen ^ byte);
}

template <typename T>
void Touch(const T&) {}

void Touch(const Rotate& rotate) { Touch(rotate.file); }
void Touch(const Heartbeat& heartbeat) { Touch(heartbeat.file); }
void Touch(const Format& format) { Touch(format.server_version); }
void Touch(const Xid& xid) {
  Touch(xid.global);
  Touch(xid.branch);
}
void Touch(const XaPrepare& prepare) { Touch(prepare.xid); }
void Touch(const MariadbGtidEvent& gtid) { Touch(gtid.xid); }
void Touch(const GtidSet& set) { Touch(std::string_view(set.ToString())); }
void Touch(const Query& query) {
  Touch(query.database);
  Touch(query.statement);
  Touch(query.databases.value_or(""));
}
void Touch(const Rows& rows) {
  Touch(rows.present);
  Touch(rows.present_after);
  Touch(rows.rows);
}
void Touch(const TableMap& map) {
  Touch(map.database);
  Touch(map.table);
  for (const ColumnMap& column : map.columns) {
    Touch(column.name);
    for (const std::string_view label : column.labels) Touch(label);
  }
}

template <typename T>
absl::Status TouchResult(const absl::StatusOr<T>& parsed) {
  if (parsed.ok()) Touch(*parsed);
  return parsed.status();
}

absl::Status ParsePayload(const Event& event, Flavour flavour) {
  MILLRACE_ASSIGN_OR_RETURN(const auto reader,
                            TransactionPayloadReader::Open(event, kEventBytesMax));
  const EventReader frames(flavour);
  // Enough for the captured events. Limits the time that a fuzzer spends on a decompression bomb.
  for (int i = 0; i < 2000; ++i) {
    MILLRACE_ASSIGN_OR_RETURN(const std::optional<std::string_view> bytes, reader->Next());
    if (!bytes.has_value()) break;
    MILLRACE_ASSIGN_OR_RETURN(const Event inner, frames.ReadInsidePayload(*bytes));
    MILLRACE_RETURN_IF_ERROR(ParseEverything(inner, flavour));
  }
  return absl::OkStatus();
}

absl::Status ParseCompressed(const Event& event, Flavour flavour) {
  std::string buffer;
  MILLRACE_ASSIGN_OR_RETURN(const Event plain, Uncompress(event, kEventBytesMax, buffer));
  return ParseEverything(plain, flavour);
}

}  // namespace

absl::Status ParseEverything(const Event& event, Flavour flavour) {
  if (IsCompressed(event.header.type)) return ParseCompressed(event, flavour);
  if (IsRows(event.header.type)) return TouchResult(ParseRows(event));
  switch (event.header.type) {
    case EventType::kRotate:
      return TouchResult(ParseRotate(event));
    case EventType::kFormatDescription:
      return TouchResult(ParseFormatDescription(event));
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
      return TouchResult(ParseMysqlGtid(event));
    case EventType::kMariadbGtid:
      return TouchResult(ParseMariadbGtid(event));
    case EventType::kPreviousGtids:
    case EventType::kMariadbGtidList:
      return TouchResult(ParsePreviousGtids(event));
    case EventType::kQuery:
      Touch(StatementOf(event));
      return TouchResult(ParseQuery(event));
    case EventType::kExecuteLoadQuery:
      return TouchResult(ParseLoadQuery(event));
    case EventType::kXid:
      return TouchResult(ParseXid(event));
    case EventType::kHeartbeat:
    case EventType::kHeartbeatV2:
      return TouchResult(ParseHeartbeat(event));
    case EventType::kIncident:
      return TouchResult(ParseIncident(event));
    case EventType::kRowsQuery:
    case EventType::kMariadbAnnotateRows:
      return TouchResult(ParseRowsQuery(event));
    case EventType::kXaPrepare:
      return TouchResult(ParseXaPrepare(event));
    case EventType::kTableMap:
      MILLRACE_RETURN_IF_ERROR(ParseTableMapId(event.body).status());
      return TouchResult(ParseTableMap(event.body, flavour));
    case EventType::kTransactionPayload:
      return ParsePayload(event, flavour);
    default:
      return absl::OkStatus();
  }
}

}  // namespace millrace::binlog
