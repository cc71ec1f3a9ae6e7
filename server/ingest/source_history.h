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

// What is known, over all connections, of whether the source has the history that the log was read
// from, and so where in its binlog a stream may begin. Belongs to the ingest thread.
class SourceHistory {
 public:
  // Both must outlive it.
  SourceHistory(log::Log& log, SourceQueries& queries) : log_(log), queries_(queries) {}

  // After each connect. Errors as CheckSourceIdentity.
  absl::Status Identify();
  // Once, before the functions below. `starts_here`: the position is the end of this server's
  // binlog, as it told a moment ago, and nothing else. Errors as HistoryMismatch::Load.
  absl::Status Load(bool starts_here);

  // What was read.
  struct Known {
    SourcePosition position;
    SourceMemory memory;
  };
  // That the source has it. A warning, which is empty if there is none. Errors as
  // SourceVerification, and as HistoryMismatch::Clear.
  absl::StatusOr<std::string> Verify(const Known& known, const SourceVerification::ReadDump& read);
  // Stores a doubt if `status` says that the source has another history. `read_from`: the server
  // that the position was read from, as SourceMemory::server. Requires a connection.
  void RecordMismatch(const absl::Status& status, const std::string& read_from);

  // After Verify.
  // Where the dump begins: at `position`, by GTID set if that leaves nothing out.
  absl::StatusOr<SourcePosition> DumpPosition(SourcePosition position);
  // The server that is connected wrote the binlog in which the position is a place.
  bool PositionIsValid() const;
  // Nothing proves that GTIDs name one place there, as EventProcessor::StreamStart.
  bool GtidsUnverified() const;

  // A transaction was read from this server.
  void NoteRead(const ServerInfo& server) { read_uuid_ = server.server_uuid; }

 private:
  // Whether the server that is connected is the one that the position was read from.
  HistoryMismatch::Server ConnectedServer(const std::string& read_from) const;

  log::Log& log_;
  SourceQueries& queries_;
  std::string source_uuid_;  // of the server that the position was read from; empty if unknown
  std::string read_uuid_;  // of the server that the last transaction was read from; empty: none was
  HistoryMismatch mismatch_;
  bool position_verified_ = false;  // the last transaction is in our file, before our offset
  bool starts_here_ = false;        // as Load, until the first proof
  bool last_not_compared_ = false;  // there is a last transaction, and it could not be compared
};

}  // namespace millrace::ingest
