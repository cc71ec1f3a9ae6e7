// SPDX-License-Identifier: Apache-2.0

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/limits.h"
#include "binlog/malformed.h"
#include "fmt/format.h"

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Rows__event.html
namespace millrace::binlog {
namespace {

enum class Version : uint8_t { kNone, kV0, kV1, kV2 };

struct Form {
  Version version = Version::kNone;
  RowsKind kind = RowsKind::kWrite;
};

Form FormOf(EventType type) {
  switch (type) {
    case EventType::kWriteRows:
      return {Version::kV2, RowsKind::kWrite};
    case EventType::kUpdateRows:
      return {Version::kV2, RowsKind::kUpdate};
    case EventType::kDeleteRows:
      return {Version::kV2, RowsKind::kDelete};
    case EventType::kPartialUpdateRows:
      return {Version::kV2, RowsKind::kPartialUpdate};
    case EventType::kWriteRowsV1:
      return {Version::kV1, RowsKind::kWrite};
    case EventType::kUpdateRowsV1:
      return {Version::kV1, RowsKind::kUpdate};
    case EventType::kDeleteRowsV1:
      return {Version::kV1, RowsKind::kDelete};
    case EventType::kWriteRowsV0:
    case EventType::kUpdateRowsV0:
    case EventType::kDeleteRowsV0:
      return {Version::kV0};
    default:
      return {};
  }
}

}  // namespace

bool IsRows(EventType type) { return FormOf(type).version != Version::kNone; }

absl::StatusOr<Rows> ParseRows(const Event& event) {
  const Form form = FormOf(event.header.type);
  if (form.version != Version::kV1 && form.version != Version::kV2) [[unlikely]] {
    return KindUnsupported(fmt::format("{} events (type {}) cannot be parsed as row events",
                                       EventTypeName(event.header.type),
                                       static_cast<unsigned>(event.header.type)));
  }
  ByteReader reader(event.body);
  Rows rows;
  rows.kind = form.kind;
  rows.table_id = reader.Little48();
  rows.flags = reader.Little16();
  if (form.version == Version::kV2) {
    // Extra data of NDB and of partitions. Its size includes the size field.
    constexpr uint16_t kSizeOfSize = 2;
    const uint16_t extra_size = reader.Little16();
    if (extra_size < kSizeOfSize) reader.Fail();
    reader.Skip(extra_size - kSizeOfSize);
  }
  const uint64_t column_count = reader.LengthEncoded();
  if (!reader.ok() || column_count > kColumnsMax) [[unlikely]] {
    return EventTruncated(event.header, "has an invalid column count");
  }
  rows.column_count = static_cast<uint32_t>(column_count);
  const size_t bitmap_size = (rows.column_count + 7) / 8;
  rows.present = reader.Bytes(bitmap_size);
  if (form.kind == RowsKind::kUpdate || form.kind == RowsKind::kPartialUpdate) {
    rows.present_after = reader.Bytes(bitmap_size);
  }
  rows.rows = reader.rest();
  if (!reader.ok()) [[unlikely]]
    return EventTruncated(event.header, "ends before its rows");
  return rows;
}

}  // namespace millrace::binlog
