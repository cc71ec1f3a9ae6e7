// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "binlog/event.h"

// The errors of this room, each made in one place.
namespace millrace::binlog {

// kDataLoss EVENT_TRUNCATED. `what` is a sentence without its subject, the event: `ends inside its
// columns`.
absl::Status EventTruncated(const EventHeader& header, std::string_view what);
// The same if only the type is known.
absl::Status EventTruncated(EventType type, std::string_view what);
// kDataLoss EVENT_CHECKSUM_MISMATCH.
absl::Status ChecksumMismatch(const EventHeader& header);
// kUnimplemented EVENT_KIND_UNSUPPORTED. `what` is the whole message.
absl::Status KindUnsupported(std::string_view what);
// kResourceExhausted EVENT_TOO_LARGE.
absl::Status EventTooLarge(const EventHeader& header, uint64_t size, uint64_t size_max);
// kDataLoss PAYLOAD_DAMAGED.
absl::Status PayloadDamaged(const EventHeader& header, std::string_view what);
// kUnimplemented COMPRESSION_UNKNOWN.
absl::Status CompressionUnknown(const EventHeader& header, uint64_t code);

}  // namespace millrace::binlog
