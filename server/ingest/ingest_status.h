// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/flavour.h"
#include "model/source_position.h"

namespace millrace::ingest {

enum class State { kConnecting, kStreaming, kFailed, kStopping };

// The state of ingestion at one moment.
struct IngestStatus {
  State state = State::kConnecting;
  std::string address;  // of the source
  Flavour flavour = Flavour::kMysql;
  std::string server_version;  // empty before the first connection
  // Why the state is kConnecting or kFailed, or nothing can be stored; empty without an error.
  std::string error;
  std::string error_reason;
  // Problems that do not stop the feed but need attention.
  std::vector<std::string> warnings;
  SourcePosition position;  // after the last transaction handed over for writing
  Micros commit_time = 0;   // of the newest transaction read; 0 before the first
  // Everything that the source committed before this time has been read; 0 before the first message
  // from the source.
  Micros source_time = 0;
  // Counted since the server started.
  uint64_t changes = 0;
  uint64_t transactions = 0;  // read from the binlog, including those without captured changes
  uint64_t bytes = 0;         // of the binlog
  uint64_t connects = 0;
  std::map<std::string, uint64_t> errors;  // that ended or prevented a connection, by reason
};

}  // namespace millrace::ingest
