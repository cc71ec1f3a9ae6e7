// SPDX-License-Identifier: Apache-2.0

#include "binlog/serialized.h"

#include <bit>

#include "binlog/malformed.h"
#include "fmt/format.h"

namespace millrace::binlog {

uint64_t ReadSerializedUnsigned(ByteReader& reader) {
  const uint8_t first = reader.Little8();
  const auto more = static_cast<unsigned>(std::countr_one(first));
  const uint64_t rest = reader.Little(more);
  // If seven or eight bytes follow, the first byte contains no bit of the number.
  if (more >= 7) return rest;
  return uint64_t{first} >> (more + 1) | rest << (7 - more);
}

int64_t ReadSerializedSigned(ByteReader& reader) {
  const uint64_t coded = ReadSerializedUnsigned(reader);
  const uint64_t sign = 0 - (coded & 1);
  return static_cast<int64_t>((coded >> 1) ^ sign);
}

absl::StatusOr<SerializedMessage> OpenSerialized(const Event& event) {
  constexpr uint64_t kVersion = 1;
  ByteReader reader(event.body);
  const uint64_t version = ReadSerializedUnsigned(reader);
  const uint64_t size = ReadSerializedUnsigned(reader);
  SerializedMessage message;
  message.last_required_field = ReadSerializedUnsigned(reader);
  if (!reader.ok() || size < reader.offset() || size > event.body.size()) {
    return EventTruncated(event.header, "is shorter than its size field");
  }
  if (version != kVersion) {
    return KindUnsupported(
        fmt::format("{} event has serialization version {}; only {} is supported",
                    EventTypeName(event.header.type), version, kVersion));
  }
  message.fields = ByteReader(event.body.substr(reader.offset(), size - reader.offset()));
  return message;
}

}  // namespace millrace::binlog
