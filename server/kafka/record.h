// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "kafka/change_view.h"

namespace millrace::kafka {

// A record on its way to a topic. Views are valid during RecordSink::Add alone.
struct RecordView {
  std::string_view topic;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // nothing: a tombstone
  // Beside those that the mirror adds to every record of a change.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  // Decides the partition in place of `key` where that is absent; if both are, the topic's first.
  std::optional<std::string_view> partition_key;
  Micros time = 0;  // Unix time
};

// Takes records in order.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Copies what it needs. Errors end the transaction under way.
  virtual absl::Status Add(const RecordView& record) = 0;
};

// A format: turns changes into records. Keeps what it compiled for a table, and scratch memory; not
// thread-safe.
class ChangeEncoder {
 public:
  virtual ~ChangeEncoder() = default;

  // Adds the records of one change to `sink`, none if the format has none for it. Changes come in
  // the order of the log, but from any place on and again after a restart; what a record says
  // depends on the change alone. kDataLoss LOG_DAMAGED: the bytes are no row of the table's
  // version. kFailedPrecondition MIRROR_UNENCODABLE: the format has no form for it; the message
  // names table, column and sequence, and what to do.
  virtual absl::Status Encode(const ChangeView& change, RecordSink& sink) = 0;
  // Adds a heartbeat, if the format has one. `now`: Unix time.
  virtual absl::Status Heartbeat(Micros now, RecordSink& sink) = 0;
};

}  // namespace millrace::kafka
