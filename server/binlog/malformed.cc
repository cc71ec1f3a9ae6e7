// SPDX-License-Identifier: Apache-2.0

#include "binlog/malformed.h"

#include <string>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace::binlog {
namespace {

// `TABLE_MAP event (type 19) that ends at 1377`. The reader of the stream adds the file.
std::string Describe(const EventHeader& header) {
  return fmt::format("{} event (type {}) that ends at {}", EventTypeName(header.type),
                     static_cast<unsigned>(header.type), header.end_position);
}

}  // namespace

absl::Status EventTruncated(const EventHeader& header, std::string_view what) {
  return MakeError(reason::kEventTruncated, fmt::format("{} {}", Describe(header), what));
}

absl::Status EventTruncated(EventType type, std::string_view what) {
  return MakeError(reason::kEventTruncated, fmt::format("{} event {}", EventTypeName(type), what));
}

absl::Status ChecksumMismatch(const EventHeader& header) {
  return MakeError(reason::kEventChecksumMismatch,
                   fmt::format("{} has a bad checksum; verify the source's binlog file with "
                               "mysqlbinlog --verify-binlog-checksum",
                               Describe(header)));
}

absl::Status KindUnsupported(std::string_view what) {
  return MakeError(reason::kEventKindUnsupported, what);
}

absl::Status EventTooLarge(const EventHeader& header, uint64_t size, uint64_t size_max) {
  return MakeError(reason::kEventTooLarge,
                   fmt::format("{} contains an event of {} bytes; the limit is {}",
                               Describe(header), size, size_max),
                   {{"size", fmt::format("{}", size)}, {"size_max", fmt::format("{}", size_max)}});
}

absl::Status PayloadDamaged(const EventHeader& header, std::string_view what) {
  return MakeError(
      reason::kPayloadDamaged,
      fmt::format("compressed bytes of the {} are damaged: {}", Describe(header), what));
}

absl::Status CompressionUnknown(const EventHeader& header, uint64_t code) {
  return MakeError(
      reason::kCompressionUnknown,
      fmt::format("{} is compressed with unknown algorithm {}", Describe(header), code));
}

}  // namespace millrace::binlog
