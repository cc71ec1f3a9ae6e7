// SPDX-License-Identifier: Apache-2.0

#include "schema/column_type_text.h"

#include <iterator>
#include <string_view>

#include "fmt/format.h"
#include "schema/collations.h"
#include "schema/geometry_names.h"

namespace millrace::schema {
namespace {

bool IsBinary(const Column& column) { return column.collation == kBinaryCollation; }

std::string Sized(std::string_view text, std::string_view binary, const Column& column) {
  const uint32_t bytes = ValueBytesMax(column.type, column.metadata);
  if (IsBinary(column)) return fmt::format("{}({})", binary, bytes);
  const uint32_t width = CharacterBytesMax(column.charset);
  return fmt::format("{}({})", text, bytes / (width == 0 ? 1 : width));
}

std::string Blob(const Column& column) {
  std::string_view size;
  if (column.metadata == 1) size = "tiny";
  if (column.metadata == 3) size = "medium";
  if (column.metadata == 4) size = "long";
  return fmt::format("{}{}", size, IsBinary(column) ? "blob" : "text");
}

std::string Labels(std::string_view type, const Column& column) {
  std::string text(type);
  char separator = '(';
  for (const std::string& label : column.labels) {
    text += separator;
    text += '\'';
    for (const char c : label) text.append(c == '\'' ? 2 : 1, c);
    text += '\'';
    separator = ',';
  }
  return text + ')';
}

std::string Fractional(std::string_view type, const Column& column) {
  return column.metadata == 0 ? std::string(type) : fmt::format("{}({})", type, column.metadata);
}

std::string MeaningText(Meaning meaning) {
  switch (meaning) {
    case Meaning::kPlain:
      return "";
    case Meaning::kMariadbUuid:
      return "uuid";
    case Meaning::kMariadbInet6:
      return "inet6";
    case Meaning::kMariadbInet4:
      return "inet4";
    default:
      return "";
  }
}

std::string_view NumberName(ColumnType type) {
  switch (type) {
    case ColumnType::kTiny:
      return "tinyint";
    case ColumnType::kShort:
      return "smallint";
    case ColumnType::kInt24:
      return "mediumint";
    case ColumnType::kLong:
      return "int";
    case ColumnType::kLongLong:
      return "bigint";
    case ColumnType::kFloat:
      return "float";
    case ColumnType::kDouble:
      return "double";
    default:
      return "";
  }
}

}  // namespace

bool HasCharset(ColumnType type) {
  switch (type) {
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kString:
    case ColumnType::kVarcharCompressed:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kBlobCompressed:
    case ColumnType::kEnum:
    case ColumnType::kSet:
      return true;
    default:
      return false;
  }
}

bool IsInteger(ColumnType type) {
  return type == ColumnType::kTiny || type == ColumnType::kShort || type == ColumnType::kInt24 ||
         type == ColumnType::kLong || type == ColumnType::kLongLong;
}

bool IsEnumOrSet(ColumnType type) { return type == ColumnType::kEnum || type == ColumnType::kSet; }

uint32_t ValueBytesMax(ColumnType type, uint16_t metadata) {
  const bool has_header = type == ColumnType::kVarcharCompressed && metadata > 0;
  return has_header ? metadata - 1u : metadata;
}

std::optional<FieldType> FieldTypeOf(const Column& column) {
  if (IsEnumOrSet(column.type)) return FieldType::kString;
  if (HasCharset(column.type)) {
    const bool text = IsTextMeaning(column.meaning) || !IsBinary(column);
    return text ? FieldType::kString : FieldType::kBytes;
  }
  switch (column.type) {
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kInt24:
    case ColumnType::kLong:
      return column.is_unsigned ? FieldType::kUint32 : FieldType::kInt32;
    case ColumnType::kLongLong:
      return column.is_unsigned ? FieldType::kUint64 : FieldType::kInt64;
    case ColumnType::kFloat:
      return FieldType::kFloat;
    case ColumnType::kDouble:
      return FieldType::kDouble;
    case ColumnType::kYear:
      return FieldType::kUint32;
    case ColumnType::kBit:
      return FieldType::kUint64;
    case ColumnType::kTimestampOld:
    case ColumnType::kTimestamp2:
      return FieldType::kTimestamp;
    case ColumnType::kNewDecimal:
    case ColumnType::kDate:
    case ColumnType::kNewDate:
    case ColumnType::kTimeOld:
    case ColumnType::kTime2:
    case ColumnType::kDateTimeOld:
    case ColumnType::kDateTime2:
    case ColumnType::kJson:
      return FieldType::kString;
    case ColumnType::kGeometry:
      return FieldType::kGeometry;
    case ColumnType::kVector:
      return FieldType::kVector;
    default:
      return std::nullopt;
  }
}

std::string TypeText(const binlog::ColumnMap& map, const Column& column) {
  if (IsTextMeaning(column.meaning)) return MeaningText(column.meaning);
  const std::string_view sign = column.is_unsigned ? " unsigned" : "";
  if (const std::string_view number = NumberName(column.type); !number.empty()) {
    return fmt::format("{}{}", number, sign);
  }
  switch (column.type) {
    case ColumnType::kNewDecimal:
      return fmt::format("decimal({},{}){}", column.metadata >> 8, column.metadata & 0xff, sign);
    case ColumnType::kBit:
      return fmt::format("bit({})", column.metadata);
    case ColumnType::kYear:
      return "year";
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      return "date";
    case ColumnType::kTimeOld:
      return "time";
    case ColumnType::kTime2:
      return Fractional("time", column);
    case ColumnType::kDateTimeOld:
      return "datetime";
    case ColumnType::kDateTime2:
      return Fractional("datetime", column);
    case ColumnType::kTimestampOld:
      return "timestamp";
    case ColumnType::kTimestamp2:
      return Fractional("timestamp", column);
    case ColumnType::kJson:
      return "json";
    case ColumnType::kEnum:
      return Labels("enum", column);
    case ColumnType::kSet:
      return Labels("set", column);
    case ColumnType::kString:
      return Sized("char", "binary", column);
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kVarcharCompressed:
      return Sized("varchar", "varbinary", column);
    case ColumnType::kGeometry:
      return std::string(
          kGeometryNames[map.geometry_type < std::size(kGeometryNames) ? map.geometry_type
                                                                       : uint8_t{0}]);
    case ColumnType::kVector:
      return map.vector_dimension == 0 ? "vector" : fmt::format("vector({})", map.vector_dimension);
    default:
      return HasCharset(column.type) ? Blob(column) : "unknown";
  }
}

}  // namespace millrace::schema
