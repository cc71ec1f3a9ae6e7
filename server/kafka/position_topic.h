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

// How a mirror's position is kept in Kafka.

// The value of its record, JSON. kDataLoss MIRROR_POSITION_MALFORMED.
std::string PositionText(const mirror::MirrorPosition& position);
absl::StatusOr<mirror::MirrorPosition> ParsePosition(std::string_view text);

// The key of its record: one for each format, since their records are not the same.
std::string PositionKey(const KafkaOptions& options);

// The newest committed position of this mirror, read to the end of the topic; nothing if there is
// none. Errors as Producer; kDataLoss MIRROR_POSITION_MALFORMED.
absl::StatusOr<std::optional<mirror::MirrorPosition>> ReadPosition(const KafkaOptions& options,
                                                                   const Clock& clock,
                                                                   mirror::Waiter& waiter);

}  // namespace millrace::kafka
