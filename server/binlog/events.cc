// SPDX-License-Identifier: Apache-2.0

#include "binlog/events.h"

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/malformed.h"
#include "binlog/xid.h"

namespace millrace::binlog {

absl::StatusOr<Rotate> ParseRotate(const Event& event) {
  ByteReader reader(event.body);
  Rotate rotate;
  rotate.position = reader.Little64();
  rotate.file = reader.rest();
  if (!reader.ok() || rotate.file.empty()) return EventTruncated(event.header, "names no file");
  return rotate;
}

absl::StatusOr<uint64_t> ParseXid(const Event& event) {
  ByteReader reader(event.body);
  const uint64_t xid = reader.Little64();
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its number");
  return xid;
}

namespace {

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Heartbeat__event__v2.html
absl::StatusOr<Heartbeat> ParseHeartbeatV2(const Event& event) {
  enum Field : uint64_t { kEnd = 0, kFile = 1, kPosition = 2 };
  ByteReader reader(event.body);
  Heartbeat heartbeat;
  while (reader.ok() && !reader.empty()) {
    const uint64_t field = reader.LengthEncoded();
    if (field == kEnd) break;
    ByteReader value(reader.Bytes(reader.LengthEncoded()));
    if (field == kFile) heartbeat.file = value.rest();
    if (field == kPosition) {
      heartbeat.position = value.LengthEncoded();
      if (!value.ok()) reader.Fail();
    }
  }
  if (!reader.ok() || heartbeat.file.empty()) {
    return EventTruncated(event.header, "ends inside its fields");
  }
  return heartbeat;
}

}  // namespace

absl::StatusOr<Heartbeat> ParseHeartbeat(const Event& event) {
  if (event.header.type == EventType::kHeartbeatV2) return ParseHeartbeatV2(event);
  if (event.body.empty()) return EventTruncated(event.header, "names no file");
  return Heartbeat{event.body, event.header.end_position};
}

absl::StatusOr<std::string> ParseIncident(const Event& event) {
  ByteReader reader(event.body);
  reader.Skip(2);  // number of the incident; only one exists: lost events
  const std::string_view message = reader.Bytes(reader.Little8());
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its message");
  return std::string(message);
}

absl::StatusOr<std::string_view> ParseRowsQuery(const Event& event) {
  if (event.header.type == EventType::kMariadbAnnotateRows) return event.body;
  ByteReader reader(event.body);
  // Skips a length that cannot exceed 255. The text extends to the end of the event.
  reader.Skip(1);
  if (!reader.ok()) return EventTruncated(event.header, "ends before its text");
  return reader.rest();
}

absl::StatusOr<XaPrepare> ParseXaPrepare(const Event& event) {
  ByteReader reader(event.body);
  XaPrepare prepare;
  prepare.one_phase = reader.Little8() != 0;
  prepare.xid.format_id = reader.Little32();
  const uint32_t global_size = reader.Little32();
  const uint32_t branch_size = reader.Little32();
  ReadXidText(reader, global_size, branch_size, prepare.xid);
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its XID");
  return prepare;
}

void ReadXidText(ByteReader& reader, uint32_t global_size, uint32_t branch_size, Xid& xid) {
  constexpr uint32_t kSizeMax = 64;
  if (global_size > kSizeMax || branch_size > kSizeMax) reader.Fail();
  xid.global = reader.Bytes(global_size);
  xid.branch = reader.Bytes(branch_size);
}

}  // namespace millrace::binlog
