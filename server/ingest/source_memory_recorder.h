// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "ingest/source_memory.h"
#include "ingest/transaction_content.h"
#include "model/gtid.h"

namespace millrace::ingest {

// Follows a stream and keeps what the log has to remember of its source. Allocates nothing for a
// transaction. Belongs to the ingest thread.
//
// Errors are kFailedPrecondition SOURCE_CHANGED: the source began its binlog again while it was
// read.
class SourceMemoryRecorder {
 public:
  // `known` belongs to the position at which reading begins.
  explicit SourceMemoryRecorder(SourceMemory known);

  // What the next stream reads: a name as ServerName gives it, and where that is, for messages.
  void SetSource(std::string server, std::string endpoint);
  // The stream broke; the next one begins at a position in `file`.
  void Reset(std::string_view file);

  // The stream goes on in `file`; `first` of all if it has just begun.
  absl::Status OnFile(std::string_view file, bool first);
  // FORMAT_DESCRIPTION of that file, which has this time.
  absl::Status OnFormat(uint32_t created);

  // A GTID event at `offset`.
  void Begin(uint64_t offset, Micros commit_time, std::optional<MariadbGtid> before);
  // A transaction without one, which could not be found again.
  void BeginAnonymous() { next().named = false; }
  TransactionContent& content() { return next().content; }
  // It is part of the position from here on. `gtid` is empty without.
  void End(std::string_view gtid);

  // Of a position in `file`.
  SourceMemory memory(std::string_view file) const;

 private:
  struct File {
    std::string name;
    uint32_t created = 0;
  };
  struct Recorded {
    bool named = false;
    uint64_t offset = 0;
    Micros commit_time = 0;
    std::optional<MariadbGtid> before;
    std::string server;
    std::string file;
    std::string gtid;
    TransactionContent content;
  };
  Recorded& next() { return recorded_[1 - newest_]; }
  uint32_t CreatedOf(std::string_view file) const;
  std::optional<LastTransaction> Last() const;

  std::string server_;
  std::string endpoint_;
  std::string next_server_;
  File known_;  // of the position at which the stream began
  File current_;
  std::optional<LastTransaction> stored_;  // until a transaction has ended
  bool ended_ = false;                     // one has
  size_t newest_ = 0;  // the transaction that ended last; the other is in progress
  std::array<Recorded, 2> recorded_;
};

}  // namespace millrace::ingest
