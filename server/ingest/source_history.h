// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/history_mismatch.h"
#include "ingest/source_memory.h"
#include "ingest/source_queries.h"
#include "ingest/source_verification.h"
#include "log/log.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace::ingest {

// Tracks over all connections whether the source has the history that the log was read from, and so
// where in its binlog a stream may start. Belongs to the ingest thread.
class SourceHistory {
 public:
  // Both must outlive it.
  SourceHistory(log::Log& log, SourceQueries& queries) : log_(log), queries_(queries) {}

  // Call after each connect. Errors as CheckSourceIdentity.
  absl::Status Identify();
  // Call once, before the functions below. `starts_here`: the log is new, and starts at the current
  // end of this server's binlog, just queried. Errors as HistoryMismatch::Load.
  absl::Status Load(bool starts_here);

  // The position and memory of the log.
  struct Known {
    SourcePosition position;
    SourceMemory memory;
  };
  // Verifies that the source has the history of `known`. Returns a warning, or an empty string.
  // Errors as SourceVerification, and as HistoryMismatch::Clear.
  absl::StatusOr<std::string> Verify(const Known& known, const SourceVerification::ReadDump& read);
  // Stores a mismatch if `status` says that the source has another history. `read_from`: the server
  // that the position was read from, as SourceMemory::server. Requires a connection.
  void RecordMismatch(const absl::Status& status, const std::string& read_from);

  // The functions below require Verify.
  // Where the dump starts: at `position`, by GTID set if that skips no transaction.
  absl::StatusOr<SourcePosition> DumpPosition(SourcePosition position);
  // Whether the connected server wrote the binlog that the position refers to.
  bool PositionIsValid() const;
  // Whether nothing verified that the GTIDs identify one position on the connected server, see
  // EventProcessor::StreamStart.
  bool GtidsUnverified() const;

  // Call when a transaction was read from this server.
  void NoteRead(const ServerInfo& server) { read_uuid_ = server.server_uuid; }

 private:
  // Whether the connected server is the one that the position was read from.
  HistoryMismatch::Server ConnectedServer(const std::string& read_from) const;

  log::Log& log_;
  SourceQueries& queries_;
  std::string source_uuid_;  // of the server that the position was read from; empty if unknown
  // of the server that the last transaction was read from; empty: none read
  std::string read_uuid_;
  HistoryMismatch mismatch_;
  bool position_verified_ = false;  // the last transaction is in our file, before our offset
  bool starts_here_ = false;        // see Load; until the first verification
  bool last_not_compared_ = false;  // there is a last transaction, but it could not be compared
};

}  // namespace millrace::ingest
