// SPDX-License-Identifier: Apache-2.0

#include "binlog/table_map.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "binlog/limits.h"
#include "binlog/malformed.h"
#include "binlog/table_map_metadata.h"
#include "fmt/format.h"

namespace millrace::binlog {
namespace {

absl::Status Truncated(std::string_view what) { return EventTruncated(EventType::kTableMap, what); }

absl::Status ColumnTypeUnknown(const TableMap& map, size_t ordinal, unsigned code) {
  return MakeError(reason::kColumnTypeUnknown,
                   fmt::format("column {} of table {}.{} has unknown type code {}", ordinal,
                               map.database, map.table, code),
                   {{"column", fmt::format("{}", ordinal)}, {"type", fmt::format("{}", code)}});
}

// Returns `value`. Fails the reader if it is out of range.
uint16_t CheckRange(ByteReader& reader, uint16_t value, uint16_t least, uint16_t most) {
  if (value < least || value > most) reader.Fail();
  return value;
}

// CHAR, BINARY, ENUM and SET share a type code; the first byte is the real one. Two of its bits,
// normally set, contain the inverted upper bits of a length above 255.
void ReadStringMetadata(ByteReader& reader, ColumnMap& column) {
  constexpr uint8_t kLengthBits = 0x30;
  const uint8_t first = reader.Little8();
  const uint8_t second = reader.Little8();
  const auto real = static_cast<ColumnType>(first | kLengthBits);
  const auto length = static_cast<uint16_t>(((first & kLengthBits) ^ kLengthBits) << 4 | second);
  switch (real) {
    case ColumnType::kEnum:
      column.metadata = CheckRange(reader, length, 1, 2);
      break;
    case ColumnType::kSet:
      column.metadata = CheckRange(reader, length, 1, 8);
      break;
    case ColumnType::kString:
    case ColumnType::kVarString:
      column.metadata = length;
      break;
    default:
      return reader.Fail();
  }
  column.type = real;
}

void ReadDecimalMetadata(ByteReader& reader, ColumnMap& column) {
  constexpr uint8_t kPrecisionMax = 65;
  const uint8_t precision = reader.Little8();
  const uint8_t scale = reader.Little8();
  if (precision == 0 || precision > kPrecisionMax || scale > precision) reader.Fail();
  column.metadata = static_cast<uint16_t>(precision << 8 | scale);
}

void ReadBitMetadata(ByteReader& reader, ColumnMap& column) {
  const uint8_t bits = reader.Little8();
  const uint8_t bytes = reader.Little8();
  if (bits > 7 || bytes > 8) reader.Fail();
  column.metadata = CheckRange(reader, static_cast<uint16_t>(bytes * 8 + bits), 1, 64);
}

// The element type of a multi-valued index. Only MySQL 8.0.17 and 8.0.18 write it; later versions
// omit these hidden columns.
void ReadTypedArrayMetadata(ByteReader& reader, ColumnMap& column) {
  column.metadata = reader.Little8();
  switch (static_cast<ColumnType>(column.metadata)) {
    case ColumnType::kVarchar:
      reader.Skip(3);
      break;
    case ColumnType::kNewDecimal:
    case ColumnType::kString:
    case ColumnType::kBit:
      reader.Skip(2);
      break;
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kTimestamp2:
    case ColumnType::kDateTime2:
    case ColumnType::kTime2:
    case ColumnType::kJson:
    case ColumnType::kBlob:
      reader.Skip(1);
      break;
    default:
      break;
  }
}

// Reads the metadata of `column`, whose type is set. False if the type is unknown.
bool ReadColumnMetadata(ByteReader& reader, ColumnMap& column) {
  switch (column.type) {
    case ColumnType::kDecimalOld:
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kLong:
    case ColumnType::kNull:
    case ColumnType::kTimestampOld:
    case ColumnType::kLongLong:
    case ColumnType::kInt24:
    case ColumnType::kDate:
    case ColumnType::kTimeOld:
    case ColumnType::kDateTimeOld:
    case ColumnType::kYear:
    case ColumnType::kNewDate:
      return true;
    case ColumnType::kFloat:
      column.metadata = CheckRange(reader, reader.Little8(), 4, 4);
      return true;
    case ColumnType::kDouble:
      column.metadata = CheckRange(reader, reader.Little8(), 8, 8);
      return true;
    case ColumnType::kVarchar:
    case ColumnType::kVarcharCompressed:
      column.metadata = reader.Little16();
      return true;
    case ColumnType::kBit:
      ReadBitMetadata(reader, column);
      return true;
    case ColumnType::kTimestamp2:
    case ColumnType::kDateTime2:
    case ColumnType::kTime2:
      column.metadata = CheckRange(reader, reader.Little8(), 0, 6);
      return true;
    case ColumnType::kTypedArray:
      ReadTypedArrayMetadata(reader, column);
      return true;
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kBlobCompressed:
    case ColumnType::kJson:
    case ColumnType::kGeometry:
    case ColumnType::kVector:
      column.metadata = CheckRange(reader, reader.Little8(), 1, 4);
      return true;
    case ColumnType::kNewDecimal:
      ReadDecimalMetadata(reader, column);
      return true;
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kVarString:
    case ColumnType::kString:
      ReadStringMetadata(reader, column);
      return true;
  }
  return false;
}

// One byte of length, then the name, then a NUL.
std::string_view ReadName(ByteReader& reader) {
  const std::string_view name = reader.Bytes(reader.Little8());
  if (reader.Little8() != 0) reader.Fail();
  return name;
}

absl::Status ReadColumns(ByteReader& reader, TableMap& map) {
  const uint64_t count = reader.LengthEncoded();
  if (!reader.ok() || count > kColumnsMax) return Truncated("has an invalid column count");
  const std::string_view types = reader.Bytes(count);
  ByteReader metadata(reader.Bytes(reader.LengthEncoded()));
  const std::string_view nullable = reader.Bytes((count + 7) / 8);
  if (!reader.ok()) return Truncated("ends inside its columns");
  map.columns.resize(count);
  for (size_t i = 0; i < count; ++i) {
    ColumnMap& column = map.columns[i];
    const auto code = static_cast<uint8_t>(types[i]);
    column.type = static_cast<ColumnType>(code);
    if (!ReadColumnMetadata(metadata, column)) return ColumnTypeUnknown(map, i + 1, code);
    column.nullable = (nullable[i / 8] >> (i % 8) & 1) != 0;
  }
  if (!metadata.ok() || !metadata.empty())
    return Truncated("has column metadata that does not match its types");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TableMap> ParseTableMap(std::string_view body, Flavour flavour) {
  ByteReader reader(body);
  TableMap map;
  map.id = reader.Little48();
  map.flags = reader.Little16();
  map.database = ReadName(reader);
  map.table = ReadName(reader);
  if (!reader.ok()) return Truncated("ends inside its names");
  MILLRACE_RETURN_IF_ERROR(ReadColumns(reader, map));
  MILLRACE_RETURN_IF_ERROR(ReadOptionalMetadata(reader.rest(), flavour, map));
  return map;
}

absl::StatusOr<uint64_t> ParseTableMapId(std::string_view body) {
  ByteReader reader(body);
  const uint64_t id = reader.Little48();
  if (!reader.ok()) return Truncated("ends inside its id");
  return id;
}

absl::StatusOr<std::pair<std::string_view, std::string_view>> ParseTableMapNames(
    std::string_view body) {
  ByteReader reader(body);
  reader.Little48();
  reader.Little16();
  const std::string_view database = ReadName(reader);
  const std::string_view table = ReadName(reader);
  if (!reader.ok()) return Truncated("ends inside its names");
  return std::pair(database, table);
}

}  // namespace millrace::binlog
