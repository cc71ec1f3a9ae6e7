// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "ingest/first_transaction.h"
#include "ingest/source_memory.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace::ingest {

// Verifies before a dump that the source still has the history that was read from it, because a
// server that was reset, restored or swapped assigns the same names, offsets and GTIDs again.
class SourceVerification {
 public:
  // How much of a dump to read: the name and creation time of the first file, or the first
  // transaction too.
  enum class Depth { kFile, kTransaction };
  // Reads the start of a dump from this position. Errors of opening the dump.
  using ReadDump =
      std::function<absl::StatusOr<FirstTransaction>(const SourcePosition& from, Depth depth)>;

  // What the log knows about its source.
  struct Known {
    const SourcePosition& position;
    const SourceMemory& memory;
    std::string_view uuid;    // of the server that the log was last fed from
    bool mismatched = false;  // see HistoryMismatch
  };
  struct Result {
    bool compared = false;   // the last transaction was compared
    bool same_file = false;  // the position's file exists and is the one that was read
    // Set if the last transaction could not be compared; else empty.
    std::string warning;
  };

  // Compares what is known with what the source has now: the binlog files, if it is the same
  // server; GTID sets, or file and offset, as CheckContinuity; and the last transaction, read
  // again.
  //
  // kFailedPrecondition SOURCE_CHANGED: they contradict each other, or a mismatch is recorded and
  // the last transaction could not be compared. Errors as CheckContinuity and those of `read`.
  static absl::StatusOr<Result> Check(Connection& source, const Known& known, const ReadDump& read);
};

}  // namespace millrace::ingest
