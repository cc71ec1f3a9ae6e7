// SPDX-License-Identifier: Apache-2.0

#include "binlog/event.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/malformed.h"

namespace millrace::binlog {
namespace {

constexpr size_t kChecksumSize = 4;

// Splits `bytes` into header and body; the body may still end in a checksum. False: `bytes` is not
// of the size that the header states, or shorter than a header.
bool ReadFrame(std::string_view bytes, Event& event) {
  if (bytes.size() < EventHeader::kSize) [[unlikely]]
    return false;
  const char* const at = bytes.data();
  event.header = {.timestamp = LoadLittle32(at),
                  .type = static_cast<EventType>(at[4]),
                  .server_id = LoadLittle32(at + 5),
                  .size = LoadLittle32(at + 9),
                  .end_position = LoadLittle32(at + 13),
                  .flags = LoadLittle16(at + 17)};
  event.body = bytes.substr(EventHeader::kSize);
  return event.header.size == bytes.size();
}

absl::Status FrameTruncated(std::string_view bytes, const Event& event) {
  if (bytes.size() < EventHeader::kSize) {
    return EventTruncated(EventType::kUnknown, "is shorter than an event's header");
  }
  return EventTruncated(event.header, "does not have the size in its header");
}

uint32_t ChecksumOf(const EventHeader& header, std::string_view covered) {
  // Servers set this flag in the first event of a file after they have computed its checksum.
  if ((header.flags & EventHeader::kFlagInUse) == 0) return Crc32(covered);
  constexpr size_t kFlagsAt = 17;
  const char cleared = static_cast<char>(header.flags & ~EventHeader::kFlagInUse);
  const uint32_t before = Crc32(covered.substr(0, kFlagsAt));
  return Crc32(covered.substr(kFlagsAt + 1), Crc32({&cleared, 1}, before));
}

bool HasRightChecksum(const EventHeader& header, std::string_view bytes) {
  const size_t covered = bytes.size() - kChecksumSize;
  return LoadLittle32(bytes.data() + covered) == ChecksumOf(header, bytes.substr(0, covered));
}

}  // namespace

absl::StatusOr<Event> EventReader::Read(std::string_view bytes) {
  Event event;
  if (!ReadFrame(bytes, event)) [[unlikely]]
    return FrameTruncated(bytes, event);
  if (event.header.type == EventType::kFormatDescription) {
    return ReadFormatDescription(event, bytes);
  }
  if (checksums_ == false) return event;
  const bool has_room = event.body.size() >= kChecksumSize;
  if (has_room && HasRightChecksum(event.header, bytes)) [[likely]] {
    event.body.remove_suffix(kChecksumSize);
    return event;
  }
  if (!checksums_.has_value()) return event;
  if (!has_room) return EventTruncated(event.header, "has no room for its checksum");
  return ChecksumMismatch(event.header);
}

// A FORMAT_DESCRIPTION ends in four bytes of checksum if its server supports checksums, even when
// they are off. While they are off, the bytes may be wrong: a dump that begins inside the file
// changes two fields of the event, and recomputes the checksum only if checksums are on.
absl::StatusOr<Event> EventReader::ReadFormatDescription(Event event, std::string_view bytes) {
  MILLRACE_ASSIGN_OR_RETURN(const bool supports_checksums, ServerSupportsChecksums(event));
  if (supports_checksums) {
    if (event.body.size() < kChecksumSize) {
      return EventTruncated(event.header, "has no room for its checksum");
    }
    event.body.remove_suffix(kChecksumSize);
  }
  const absl::StatusOr<Format> format = ParseFormatDescription(event);
  const bool off = !supports_checksums || (format.ok() && !format->checksums);
  if (!off && !HasRightChecksum(event.header, bytes)) return ChecksumMismatch(event.header);
  MILLRACE_RETURN_IF_ERROR(format.status());
  checksums_ = format->checksums;
  return event;
}

absl::StatusOr<Event> EventReader::ReadInsidePayload(std::string_view bytes) const {
  Event event;
  if (!ReadFrame(bytes, event)) [[unlikely]]
    return FrameTruncated(bytes, event);
  if (event.header.type == EventType::kTransactionPayload) [[unlikely]] {
    return EventTruncated(event.header, "is nested in another TRANSACTION_PAYLOAD");
  }
  return event;
}

}  // namespace millrace::binlog
