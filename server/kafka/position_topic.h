// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/kafka_options.h"
#include "kafka/waiter.h"
#include "model/sequence.h"

namespace millrace::kafka {

// How far a mirror has come, as it is kept in Kafka: written in the transaction with the records it
// speaks of, so that the two cannot differ.
struct MirrorPosition {
  uint64_t log_id = 0;
  Sequence sequence;         // last change that is in Kafka
  std::string resume_token;  // of the same place, to find it in another log
  std::string instance;      // of the mirror that wrote it: new whenever one is made
  Micros time = 0;           // of writing, Unix time

  friend bool operator==(const MirrorPosition&, const MirrorPosition&) = default;
};

// The value of its record, JSON. kDataLoss MIRROR_POSITION_MALFORMED.
std::string PositionText(const MirrorPosition& position);
absl::StatusOr<MirrorPosition> ParsePosition(std::string_view text);

// The key of its record: one for each format, since their records are not the same.
std::string PositionKey(const KafkaOptions& options);

// The newest committed position of this mirror, read to the end of the topic; nothing if there is
// none. Errors as Producer; kDataLoss MIRROR_POSITION_MALFORMED.
absl::StatusOr<std::optional<MirrorPosition>> ReadPosition(const KafkaOptions& options,
                                                           const Clock& clock, Waiter& waiter);

}  // namespace millrace::kafka
