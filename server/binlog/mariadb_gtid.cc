// SPDX-License-Identifier: Apache-2.0

#include "base/bytes.h"
#include "binlog/events.h"
#include "binlog/malformed.h"
#include "binlog/xid.h"

// https://mariadb.com/kb/en/gtid_event/
namespace millrace::binlog {
namespace {

enum Flag : uint8_t {
  kStandalone = 1,
  kGroupCommit = 2,
  kPreparedXa = 64,
  kCompletedXa = 128,
};

enum ExtraFlag : uint8_t {
  kMultiEngine = 1,
  kStartAlter = 2,
  kCommitAlter = 4,
  kRollbackAlter = 8,
};

void ReadXid(ByteReader& reader, Xid& xid) {
  xid.format_id = reader.Little32();
  const uint8_t global_size = reader.Little8();
  const uint8_t branch_size = reader.Little8();
  ReadXidText(reader, global_size, branch_size, xid);
}

void ReadExtra(ByteReader& reader, MariadbGtidEvent& gtid) {
  const uint8_t flags = reader.Little8();
  gtid.start_alter = (flags & kStartAlter) != 0;
  gtid.commit_alter = (flags & kCommitAlter) != 0;
  gtid.rollback_alter = (flags & kRollbackAlter) != 0;
  if ((flags & kMultiEngine) != 0) reader.Skip(1);  // count of further engines
  if (gtid.commit_alter || gtid.rollback_alter) gtid.alter_started = reader.Little64();
}

}  // namespace

absl::StatusOr<MariadbGtidEvent> ParseMariadbGtid(const Event& event) {
  ByteReader reader(event.body);
  MariadbGtidEvent gtid;
  gtid.gtid.number = reader.Little64();
  gtid.gtid.domain = reader.Little32();
  gtid.gtid.server_id = event.header.server_id;
  const uint8_t flags = reader.Little8();
  gtid.standalone = (flags & kStandalone) != 0;
  gtid.prepared_xa = (flags & kPreparedXa) != 0;
  gtid.completed_xa = (flags & kCompletedXa) != 0;
  if ((flags & kGroupCommit) != 0) reader.Skip(8);
  if (gtid.prepared_xa || gtid.completed_xa) ReadXid(reader, gtid.xid);
  // MariaDB pads a short event with zeros, which parse as no extra flags.
  if (!reader.empty()) ReadExtra(reader, gtid);
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its fields");
  return gtid;
}

}  // namespace millrace::binlog
