// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/sequence.h"

namespace millrace::mirror {

enum class MirrorState : uint8_t {
  kConnecting,  // not connected to the sink: retries with backoff
  kRunning,     // sends, or waits for changes
  kPaused,      // paused by an operator
  kParked,      // stopped by an error that a retry does not fix
  kStopping,
};

// The status of a mirror at one moment. Counters start at 0 when the server starts.
struct MirrorStatus {
  struct Topic {
    std::string name;
    uint64_t records = 0;
  };
  std::string topic_prefix;
  std::string format;
  MirrorState state = MirrorState::kConnecting;
  std::string error;  // empty: none
  std::string error_reason;
  std::vector<std::string> warnings;
  std::optional<Sequence> sequence;  // last committed change, if it is known and in this log
  uint64_t lag_changes = 0;
  std::optional<Micros> lag;  // age of the first change after `sequence`, if known
  uint64_t records = 0;
  double records_per_second = 0;
  uint64_t transactions = 0;
  uint64_t transactions_aborted = 0;
  std::vector<Topic> topics;  // sorted by name
};

}  // namespace millrace::mirror
