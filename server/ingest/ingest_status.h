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

// How ingestion stands, at one moment.
struct IngestStatus {
  State state = State::kConnecting;
  std::string address;  // of the source
  Flavour flavour = Flavour::kMysql;
  std::string server_version;  // empty before the first connection
  // Why the state is kConnecting or kFailed; empty when all is well.
  std::string error;
  std::string error_reason;
  // What does not stop the feed and should be looked at.
  std::vector<std::string> warnings;
  SourcePosition position;  // after the last event handled
  Micros commit_time = 0;   // of the newest transaction read; 0 before the first
  // The source is known to have told everything committed before this; 0 before the first word from
  // it.
  Micros source_time = 0;
  // Since the start.
  uint64_t changes = 0;
  uint64_t transactions = 0;  // read from the binlog, also those without captured changes
  uint64_t bytes = 0;         // of the binlog
  uint64_t connects = 0;
  std::map<std::string, uint64_t> errors;  // that ended a connection or kept one from being made
};

}  // namespace millrace::ingest
