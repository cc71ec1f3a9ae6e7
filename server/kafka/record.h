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

// A record to be written to a topic. The views are valid only during RecordSink::Add.
struct RecordView {
  std::string_view topic;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // nothing: a tombstone
  // Additional to the headers that Batch adds to every record of a change.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  // Selects the partition if there is no `key`. Without both, the record goes to partition 0.
  std::optional<std::string_view> partition_key;
  Micros time = 0;  // Unix time
};

// Accepts records in order.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Copies the record. After an error the open transaction must be aborted.
  virtual absl::Status Add(const RecordView& record) = 0;
};

// A format: encodes changes as records. Caches data of tables and scratch memory; not thread-safe.
class ChangeEncoder {
 public:
  virtual ~ChangeEncoder() = default;

  // Adds the records of one change to `sink`; some changes have none. Changes come in log order,
  // but may start anywhere and repeat after a restart, so a record must depend only on its change.
  // kDataLoss LOG_DAMAGED: the bytes are not a valid row of the table's version.
  // kFailedPrecondition MIRROR_UNENCODABLE: the format cannot represent a value; the message names
  // table, column and sequence, and what to do.
  virtual absl::Status Encode(const ChangeView& change, RecordSink& sink) = 0;
  // Adds a heartbeat, if the format has one. `now`: Unix time.
  virtual absl::Status Heartbeat(Micros now, RecordSink& sink) = 0;
};

}  // namespace millrace::kafka
