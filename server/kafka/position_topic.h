// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/kafka_options.h"
#include "mirror/sink.h"
#include "mirror/waiter.h"

namespace millrace::kafka {

// Stores a mirror's position in Kafka, as a record of a compacted topic.

// The record's value, JSON. ParsePosition: kDataLoss MIRROR_POSITION_MALFORMED.
std::string PositionText(const mirror::MirrorPosition& position);
absl::StatusOr<mirror::MirrorPosition> ParsePosition(std::string_view text);

// The record's key. Each format has its own position, since its records differ.
std::string PositionKey(const KafkaOptions& options);

// Reads the topic to its end and returns the newest committed position of this mirror, or nothing
// if there is none. Errors as Producer; kDataLoss MIRROR_POSITION_MALFORMED.
absl::StatusOr<std::optional<mirror::MirrorPosition>> ReadPosition(const KafkaOptions& options,
                                                                   const Clock& clock,
                                                                   mirror::Waiter& waiter);

}  // namespace millrace::kafka
