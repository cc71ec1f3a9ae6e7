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

// Follows a stream and records what the log must remember of its source. Allocates no memory per
// transaction. Belongs to the ingest thread.
//
// Errors are kFailedPrecondition SOURCE_CHANGED: the source reset its binlog while it was read.
class SourceMemoryRecorder {
 public:
  // `known` belongs to the position at which reading starts.
  explicit SourceMemoryRecorder(SourceMemory known);

  // Sets the server of the next stream: its ServerName, and its endpoint for messages.
  void SetSource(std::string server, std::string endpoint);
  // The stream broke; the next one starts at a position in `file`.
  void Reset(std::string_view file);

  // The stream continues in `file`; `first`: the stream has just started.
  absl::Status OnFile(std::string_view file, bool first);
  // FORMAT_DESCRIPTION of that file, with its creation time.
  absl::Status OnFormat(uint32_t created);

  // A GTID event at `offset`.
  void Begin(uint64_t offset, Micros commit_time, std::optional<MariadbGtid> before);
  // A transaction without a GTID event, so that it cannot be found again.
  void BeginAnonymous() { next().named = false; }
  TransactionContent& content() { return next().content; }
  // From here on the transaction is part of the position. `gtid` is empty without one.
  void End(std::string_view gtid);

  // The memory for a position in `file`.
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
  File known_;  // of the position at which the stream started
  File current_;
  std::optional<LastTransaction> stored_;  // from `known`, until a transaction has ended
  bool ended_ = false;                     // a transaction has ended
  size_t newest_ = 0;  // index of the transaction that ended last; the other is in progress
  std::array<Recorded, 2> recorded_;
};

}  // namespace millrace::ingest
