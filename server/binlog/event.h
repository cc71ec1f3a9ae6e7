// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/flavour.h"

namespace millrace::binlog {

// Type codes of events.
// https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html and
// MariaDB's https://mariadb.com/kb/en/2-binlog-event-header/
enum class EventType : uint8_t {
  kUnknown = 0,
  kStartV3 = 1,
  kQuery = 2,
  kStop = 3,
  kRotate = 4,
  kIntvar = 5,
  kLoad = 6,
  kSlave = 7,
  kCreateFile = 8,
  kAppendBlock = 9,
  kExecLoad = 10,
  kDeleteFile = 11,
  kNewLoad = 12,
  kRand = 13,
  kUserVar = 14,
  kFormatDescription = 15,
  kXid = 16,
  kBeginLoadQuery = 17,
  kExecuteLoadQuery = 18,
  kTableMap = 19,
  kWriteRowsV0 = 20,
  kUpdateRowsV0 = 21,
  kDeleteRowsV0 = 22,
  kWriteRowsV1 = 23,
  kUpdateRowsV1 = 24,
  kDeleteRowsV1 = 25,
  kIncident = 26,
  kHeartbeat = 27,
  kIgnorable = 28,
  kRowsQuery = 29,
  kWriteRows = 30,
  kUpdateRows = 31,
  kDeleteRows = 32,
  kGtid = 33,
  kAnonymousGtid = 34,
  kPreviousGtids = 35,
  kTransactionContext = 36,
  kViewChange = 37,
  kXaPrepare = 38,
  kPartialUpdateRows = 39,
  kTransactionPayload = 40,
  kHeartbeatV2 = 41,
  kGtidTagged = 42,
  // MariaDB
  kMariadbAnnotateRows = 160,
  kMariadbBinlogCheckpoint = 161,
  kMariadbGtid = 162,
  kMariadbGtidList = 163,
  kMariadbStartEncryption = 164,
  kMariadbQueryCompressed = 165,
  kMariadbWriteRowsCompressedV1 = 166,
  kMariadbUpdateRowsCompressedV1 = 167,
  kMariadbDeleteRowsCompressedV1 = 168,
  kMariadbWriteRowsCompressed = 169,
  kMariadbUpdateRowsCompressed = 170,
  kMariadbDeleteRowsCompressed = 171,
};

// Name as the servers' documentation has it, for messages, for example `TABLE_MAP`; `unknown`
// otherwise.
std::string_view EventTypeName(EventType type);

// First 19 bytes of every event.
struct EventHeader {
  static constexpr size_t kSize = 19;
  // A file that is being written. Not part of the checksum.
  static constexpr uint16_t kFlagInUse = 0x01;
  // Of a QUERY: its session used a temporary table, in this statement or, in a procedure, before.
  static constexpr uint16_t kFlagThreadSpecific = 0x04;
  static constexpr uint16_t kFlagArtificial = 0x20;
  static constexpr uint16_t kFlagIgnorable = 0x80;

  uint32_t timestamp = 0;  // seconds, 0 in artificial events
  EventType type = EventType::kUnknown;
  uint32_t server_id = 0;
  uint32_t size = 0;          // whole event, header and checksum included
  uint32_t end_position = 0;  // of the next event; wraps beyond 4 GiB; 0 in artificial events
  uint16_t flags = 0;
};

// An event whose frame has been checked. `body` is what stands between header and checksum and
// views the bytes given to EventReader::Read.
struct Event {
  EventHeader header;
  std::string_view body;
};

// What FORMAT_DESCRIPTION says about the events after it.
struct Format {
  std::string_view server_version;  // valid as long as the event's bytes
  uint32_t created = 0;             // Unix time; 0 unless the server started with this file
  bool checksums = false;           // CRC32 at the end of every event
};

// Checks frame and checksum of events, following each FORMAT_DESCRIPTION. One for each dump: a new
// connection needs a new reader. Not thread-safe.
class EventReader {
 public:
  explicit EventReader(Flavour flavour) : flavour_(flavour) {}

  // `bytes` is exactly one event as COM_BINLOG_DUMP sends it, without the protocol's status byte,
  // or as a binlog file has it. kDataLoss EVENT_CHECKSUM_MISMATCH: the CRC32 is wrong;
  // EVENT_TRUNCATED: shorter than its header says or than its kind needs. kUnimplemented
  // EVENT_KIND_UNSUPPORTED: a FORMAT_DESCRIPTION of a format that is not understood.
  absl::StatusOr<Event> Read(std::string_view bytes);
  // An event inside TRANSACTION_PAYLOAD: the same, but it never carries a checksum and is itself no
  // TRANSACTION_PAYLOAD.
  absl::StatusOr<Event> ReadInsidePayload(std::string_view bytes) const;

  // Whether events carry a checksum; false before the first FORMAT_DESCRIPTION.
  bool checksums() const { return checksums_.value_or(false); }
  Flavour flavour() const { return flavour_; }

 private:
  absl::StatusOr<Event> ReadFormatDescription(Event event, std::string_view bytes);

  Flavour flavour_;
  // Unknown before the first FORMAT_DESCRIPTION. The artificial ROTATE that opens a dump carries a
  // checksum if we announced that we know checksums, whatever the file then has, so up to there a
  // checksum is taken for one where it fits.
  std::optional<bool> checksums_;
};

}  // namespace millrace::binlog
