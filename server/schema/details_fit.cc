// SPDX-License-Identifier: Apache-2.0

#include "schema/details_fit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "fmt/format.h"
#include "schema/collations.h"
#include "schema/column_type_text.h"

namespace millrace::schema {
namespace {

using binlog::ColumnMap;

// The numbers in the parentheses of a COLUMN_TYPE: {10, 2} of `decimal(10,2) unsigned`.
std::array<uint32_t, 2> Arguments(std::string_view column_type) {
  std::array<uint32_t, 2> numbers{};
  const size_t open = column_type.find('(');
  if (open == std::string_view::npos) return numbers;
  const char* at = column_type.data() + open + 1;
  const char* const end = column_type.data() + column_type.size();
  for (uint32_t& number : numbers) {
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc() || after == end || *after != ',') break;
    at = after + 1;
  }
  return numbers;
}

bool IsAny(ColumnType type, std::initializer_list<ColumnType> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool IsVarchar(ColumnType type) {
  return IsAny(type,
               {ColumnType::kVarchar, ColumnType::kVarString, ColumnType::kVarcharCompressed});
}

// Bytes of the length prefix of a BLOB or TEXT type; 0 for other types.
uint16_t BlobPrefix(std::string_view type) {
  if (type == "tinyblob" || type == "tinytext") return 1;
  if (type == "blob" || type == "text") return 2;
  if (type == "mediumblob" || type == "mediumtext") return 3;
  if (type == "longblob" || type == "longtext") return 4;
  return 0;
}

std::optional<ColumnType> NumberType(std::string_view type) {
  if (type == "tinyint") return ColumnType::kTiny;
  if (type == "smallint") return ColumnType::kShort;
  if (type == "mediumint") return ColumnType::kInt24;
  if (type == "int") return ColumnType::kLong;
  if (type == "bigint") return ColumnType::kLongLong;
  if (type == "float") return ColumnType::kFloat;
  if (type == "double") return ColumnType::kDouble;
  if (type == "year") return ColumnType::kYear;
  return std::nullopt;
}

bool IsGeometry(std::string_view type) {
  constexpr std::string_view kNames[] = {
      "geometry",        "point",        "linestring",         "polygon",       "multipoint",
      "multilinestring", "multipolygon", "geometrycollection", "geomcollection"};
  return std::find(std::begin(kNames), std::end(kNames), type) != std::end(kNames);
}

bool TextFits(const ColumnMap& column, const ColumnDetails& details, uint32_t characters) {
  const uint32_t width = details.charset.empty() ? 1 : CharacterBytesMax(details.charset);
  // The length cannot be checked for an unknown charset.
  return width == 0 || ValueBytesMax(column.type, column.metadata) == characters * width;
}

bool SetFits(uint16_t metadata, size_t labels) {
  const size_t bytes = (labels + 7) / 8;
  return metadata == (bytes > 4 ? 8 : bytes);
}

bool TimeFits(const ColumnMap& column, ColumnType plain, ColumnType fractional, uint32_t digits) {
  if (column.type == plain) return digits == 0;
  return column.type == fractional && column.metadata == digits;
}

// For numbers and types of fixed size; nullopt for other types.
std::optional<bool> PlainFits(const ColumnMap& column, const ColumnDetails& details) {
  const std::string_view type = details.data_type;
  const auto [first, second] = Arguments(details.column_type);
  if (const auto number = NumberType(type)) return column.type == *number;
  if (type == "decimal") {
    return column.type == ColumnType::kNewDecimal && column.metadata == (first << 8 | second);
  }
  if (type == "bit") return column.type == ColumnType::kBit && column.metadata == first;
  if (type == "date") return IsAny(column.type, {ColumnType::kDate, ColumnType::kNewDate});
  if (type == "time") return TimeFits(column, ColumnType::kTimeOld, ColumnType::kTime2, first);
  if (type == "datetime") {
    return TimeFits(column, ColumnType::kDateTimeOld, ColumnType::kDateTime2, first);
  }
  if (type == "timestamp") {
    return TimeFits(column, ColumnType::kTimestampOld, ColumnType::kTimestamp2, first);
  }
  return std::nullopt;
}

bool TypeFits(const ColumnMap& column, const ColumnDetails& details, Flavour flavour) {
  const std::string_view type = details.data_type;
  if (const auto fits = PlainFits(column, details)) return *fits;
  const uint32_t length = Arguments(details.column_type)[0];
  if (type == "char" || type == "binary") {
    return column.type == ColumnType::kString && TextFits(column, details, length);
  }
  if (type == "varchar" || type == "varbinary") {
    return IsVarchar(column.type) && TextFits(column, details, length);
  }
  if (const uint16_t prefix = BlobPrefix(type); prefix != 0) {
    return HasCharset(column.type) && !IsVarchar(column.type) && !IsEnumOrSet(column.type) &&
           column.type != ColumnType::kString && column.metadata == prefix;
  }
  if (type == "enum") {
    return column.type == ColumnType::kEnum &&
           column.metadata == (details.labels.size() < 256 ? 1 : 2);
  }
  if (type == "set") {
    return column.type == ColumnType::kSet && SetFits(column.metadata, details.labels.size());
  }
  if (type == "json") return column.type == ColumnType::kJson;
  if (IsGeometry(type)) return column.type == ColumnType::kGeometry;
  if (type == "vector" && flavour == Flavour::kMysql) return column.type == ColumnType::kVector;
  if (type == "vector") return IsVarchar(column.type) && column.metadata == length * sizeof(float);
  if (type == "uuid" || type == "inet6" || type == "inet4") {
    return column.type == ColumnType::kString && column.metadata == (type == "inet4" ? 4 : 16);
  }
  return false;
}

bool CharsetFits(const ColumnMap& column, const ColumnDetails& details, Flavour flavour) {
  if (!HasCharset(column.type) || column.collation == 0) return true;
  if (details.charset.empty()) return column.collation == kBinaryCollation;
  const std::string_view charset = CharsetOfCollation(flavour, column.collation);
  const bool old_name = details.charset == "utf8" && charset == "utf8mb3";
  return charset.empty() ? details.collation == column.collation
                         : old_name || details.charset == charset;
}

}  // namespace

std::string DescribeMismatch(const binlog::TableMap& map, const ColumnMap& column,
                             const ColumnDetails& details, Flavour flavour) {
  if (!TypeFits(column, details, flavour)) {
    return fmt::format("the event has type {} with metadata {}, information_schema has {}",
                       static_cast<unsigned>(column.type), column.metadata, details.column_type);
  }
  if (!CharsetFits(column, details, flavour)) {
    return fmt::format("the event has collation {}, information_schema has charset {}",
                       column.collation, details.charset.empty() ? "binary" : details.charset);
  }
  if (map.has_signedness && IsInteger(column.type) && column.is_unsigned != details.is_unsigned) {
    return "either the event or information_schema has it unsigned, not both";
  }
  // information_schema does not show whether a hash is nullable.
  if (!details.hidden && column.nullable != details.nullable) {
    return "either the event or information_schema allows NULL, not both";
  }
  return {};
}

}  // namespace millrace::schema
