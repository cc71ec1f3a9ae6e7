// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/flavour.h"

namespace millrace::binlog {

// Type codes of events. MySQL's:
// https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html
// MariaDB's: https://mariadb.com/kb/en/2-binlog-event-header/
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

// The name in the servers' documentation, for messages: for example `TABLE_MAP`. `unknown` for
// other codes.
std::string_view EventTypeName(EventType type);

// The first 19 bytes of every event.
struct EventHeader {
  static constexpr size_t kSize = 19;
  // The server is still writing the file. The checksum does not cover this flag.
  static constexpr uint16_t kFlagInUse = 0x01;
  // On a QUERY: the session used a temporary table, in this statement or earlier in the same
  // procedure.
  static constexpr uint16_t kFlagThreadSpecific = 0x04;
  static constexpr uint16_t kFlagArtificial = 0x20;
  static constexpr uint16_t kFlagIgnorable = 0x80;

  uint32_t timestamp = 0;  // seconds, 0 in artificial events
  EventType type = EventType::kUnknown;
  uint32_t server_id = 0;
  uint32_t size = 0;          // bytes of the whole event, with header and checksum
  uint32_t end_position = 0;  // where the next event starts; wraps at 4 GiB; 0 if artificial
  uint16_t flags = 0;
};

// An event whose size and checksum have been verified. `body` is the bytes between header and
// checksum, a view into the bytes passed to EventReader::Read.
struct Event {
  EventHeader header;
  std::string_view body;
};

// How a FORMAT_DESCRIPTION describes the events after it.
struct Format {
  std::string_view server_version;  // valid as long as the event's bytes
  uint32_t created = 0;             // Unix time; 0 unless the server started with this file
  bool checksums = false;           // CRC32 at the end of every event
};

// Verifies size and checksum of events, and adapts to each FORMAT_DESCRIPTION. Use a new reader for
// each dump. Not thread-safe.
class EventReader {
 public:
  explicit EventReader(Flavour flavour) : flavour_(flavour) {}

  // `bytes` is exactly one event, as a binlog file contains it or as COM_BINLOG_DUMP sends it after
  // the protocol's status byte. kDataLoss EVENT_CHECKSUM_MISMATCH: the CRC32 is wrong;
  // EVENT_TRUNCATED: the event is not of the size in its header, or too short for its kind.
  // kUnimplemented EVENT_KIND_UNSUPPORTED: a FORMAT_DESCRIPTION of an unknown format.
  absl::StatusOr<Event> Read(std::string_view bytes);
  // The same for an event inside a TRANSACTION_PAYLOAD: it never has a checksum and cannot be a
  // TRANSACTION_PAYLOAD itself.
  absl::StatusOr<Event> ReadInsidePayload(std::string_view bytes) const;

  // Whether events carry a checksum; false before the first FORMAT_DESCRIPTION.
  bool checksums() const { return checksums_.value_or(false); }
  Flavour flavour() const { return flavour_; }

 private:
  absl::StatusOr<Event> ReadFormatDescription(Event event, std::string_view bytes);

  Flavour flavour_;
  // Unset before the first FORMAT_DESCRIPTION. The artificial ROTATE that opens a dump has a
  // checksum if we announced support for checksums, whether or not the file has them. So while this
  // is unset, the last four bytes count as a checksum if they match.
  std::optional<bool> checksums_;
};

}  // namespace millrace::binlog
