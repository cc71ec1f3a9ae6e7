// SPDX-License-Identifier: Apache-2.0

#include "mysql/offset_skipper.h"

#include "base/bytes.h"
#include "binlog/event.h"
#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace {

using binlog::EventHeader;
using binlog::EventType;

absl::StatusOr<bool> OffsetSkipper::CheckOffset(const std::string& endpoint,
                                                std::string_view event) {
  // EventReader reports malformed events.
  if (event.size() < EventHeader::kSize) return false;
  const auto type = static_cast<EventType>(event[4]);
  const uint16_t flags = LoadLittle16(event.data() + 17);
  const bool heartbeat = type == EventType::kHeartbeat || type == EventType::kHeartbeatV2;
  const bool artificial = (flags & EventHeader::kFlagArtificial) != 0;
  const bool next_file = artificial && type == EventType::kRotate && at_ > 4;
  if (heartbeat || (artificial && !next_file)) return false;
  if (at_ == offset_) {
    active_ = false;
    return false;
  }
  // Use the event's end position, not its size: a server does not send the encryption events of the
  // file.
  at_ += LoadLittle32(event.data() + 13) - static_cast<uint32_t>(at_);
  if (next_file || at_ > offset_) {
    return SourceChanged(endpoint, fmt::format("no event begins at offset {}", offset_));
  }
  return type != EventType::kFormatDescription;
}

}  // namespace millrace
