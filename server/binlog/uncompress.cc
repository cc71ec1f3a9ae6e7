// SPDX-License-Identifier: Apache-2.0

#include <zlib.h>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/compression.h"
#include "binlog/events.h"
#include "binlog/malformed.h"

// A compressed event of MariaDB is the uncompressed beginning of the event, then a byte 0x80 |
// algorithm << 4 | count of length bytes, the decompressed length in big endian, and the rest of
// the event compressed by zlib.
// https://mariadb.com/kb/en/compressing-events-to-reduce-size-of-the-binary-log/
namespace millrace::binlog {
namespace {

// kUnknown: not compressed.
EventType PlainType(EventType type) {
  switch (type) {
    case EventType::kMariadbQueryCompressed:
      return EventType::kQuery;
    case EventType::kMariadbWriteRowsCompressedV1:
      return EventType::kWriteRowsV1;
    case EventType::kMariadbUpdateRowsCompressedV1:
      return EventType::kUpdateRowsV1;
    case EventType::kMariadbDeleteRowsCompressedV1:
      return EventType::kDeleteRowsV1;
    case EventType::kMariadbWriteRowsCompressed:
      return EventType::kWriteRows;
    case EventType::kMariadbUpdateRowsCompressed:
      return EventType::kUpdateRows;
    case EventType::kMariadbDeleteRowsCompressed:
      return EventType::kDeleteRows;
    default:
      return EventType::kUnknown;
  }
}

// The compressed part of an event: its statement or its rows. `plain` is the compressed event, but
// with the type of the uncompressed one.
absl::StatusOr<std::string_view> CompressedTail(const Event& plain) {
  if (plain.header.type == EventType::kQuery) {
    MILLRACE_ASSIGN_OR_RETURN(const Query query, ParseQuery(plain));
    return query.statement;
  }
  MILLRACE_ASSIGN_OR_RETURN(const Rows rows, ParseRows(plain));
  return rows.rows;
}

struct Compressed {
  uint64_t plain_size = 0;
  std::string_view bytes;
};

absl::StatusOr<Compressed> ReadCompressedHead(const EventHeader& header, std::string_view tail) {
  constexpr uint8_t kZlib = 0;
  ByteReader reader(tail);
  const uint8_t head = reader.Little8();
  const unsigned length_size = head & 0x07;
  const uint8_t algorithm = head >> 4 & 0x07;
  if (!reader.ok() || (head & 0x80) == 0 || length_size == 0 || length_size > 4) {
    return EventTruncated(header, "has an invalid head before its compressed bytes");
  }
  if (algorithm != kZlib) return CompressionUnknown(header, algorithm);
  Compressed compressed;
  compressed.plain_size = reader.Big(length_size);
  compressed.bytes = reader.rest();
  if (!reader.ok()) return EventTruncated(header, "ends before its compressed bytes");
  // Deflate expands a byte to at most this many. Do not allocate for an impossible size.
  constexpr uint64_t kExpansionMax = 1032;
  if (compressed.plain_size > (compressed.bytes.size() + 1) * kExpansionMax) {
    return EventTruncated(header,
                          "claims a decompressed size that its compressed bytes cannot reach");
  }
  return compressed;
}

}  // namespace

bool IsCompressed(EventType type) { return PlainType(type) != EventType::kUnknown; }

absl::StatusOr<Event> Uncompress(const Event& event, uint64_t event_bytes_max,
                                 std::string& buffer) {
  Event plain = event;
  plain.header.type = PlainType(event.header.type);
  if (plain.header.type == EventType::kUnknown) {
    return EventTruncated(event.header, "is not a compressed event");
  }
  MILLRACE_ASSIGN_OR_RETURN(const std::string_view tail, CompressedTail(plain));
  MILLRACE_ASSIGN_OR_RETURN(const Compressed compressed, ReadCompressedHead(event.header, tail));
  const size_t head_size = event.body.size() - tail.size();
  const uint64_t size = EventHeader::kSize + head_size + compressed.plain_size;
  if (size > event_bytes_max) return EventTooLarge(event.header, size, event_bytes_max);
  buffer.resize(head_size + compressed.plain_size);
  event.body.copy(buffer.data(), head_size);
  uLongf filled = compressed.plain_size;
  const int result =
      uncompress(reinterpret_cast<Bytef*>(buffer.data() + head_size), &filled,
                 reinterpret_cast<const Bytef*>(compressed.bytes.data()), compressed.bytes.size());
  if (result != Z_OK || filled != compressed.plain_size) {
    return PayloadDamaged(event.header,
                          result == Z_OK ? "the decompressed bytes are too few" : zError(result));
  }
  plain.header.size = static_cast<uint32_t>(size);
  plain.body = buffer;
  return plain;
}

}  // namespace millrace::binlog
