// SPDX-License-Identifier: Apache-2.0

#include "schema/described_map.h"

#include <charconv>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "model/quoted.h"
#include "schema/collations.h"
#include "schema/column_type_text.h"
#include "schema/geometry_names.h"

namespace millrace::schema {
namespace {

using binlog::ColumnMap;

// The type code for a DATA_TYPE, and its metadata if the type alone decides it.
struct TypeName {
  std::string_view name;
  ColumnType type;
  uint16_t metadata = 0;
};
// The metadata of a BLOB is the size of its length prefix; JSON, GEOMETRY and VECTOR are LONGBLOBs.
constexpr TypeName kTypeNames[] = {
    {"tinyint", ColumnType::kTiny},
    {"smallint", ColumnType::kShort},
    {"mediumint", ColumnType::kInt24},
    {"int", ColumnType::kLong},
    {"bigint", ColumnType::kLongLong},
    {"float", ColumnType::kFloat, 4},
    {"double", ColumnType::kDouble, 8},
    {"decimal", ColumnType::kNewDecimal},
    {"bit", ColumnType::kBit},
    {"year", ColumnType::kYear},
    {"date", ColumnType::kDate},
    {"time", ColumnType::kTime2},
    {"datetime", ColumnType::kDateTime2},
    {"timestamp", ColumnType::kTimestamp2},
    {"char", ColumnType::kString},
    {"binary", ColumnType::kString},
    {"varchar", ColumnType::kVarchar},
    {"varbinary", ColumnType::kVarchar},
    {"tinyblob", ColumnType::kBlob, 1},
    {"tinytext", ColumnType::kBlob, 1},
    {"blob", ColumnType::kBlob, 2},
    {"text", ColumnType::kBlob, 2},
    {"mediumblob", ColumnType::kBlob, 3},
    {"mediumtext", ColumnType::kBlob, 3},
    {"longblob", ColumnType::kBlob, 4},
    {"longtext", ColumnType::kBlob, 4},
    {"enum", ColumnType::kEnum},
    {"set", ColumnType::kSet},
    {"json", ColumnType::kJson, 4},
    {"vector", ColumnType::kVector, 4},
    {"uuid", ColumnType::kString, 16},
    {"inet6", ColumnType::kString, 16},
    {"inet4", ColumnType::kString, 4},
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::optional<uint8_t> GeometryType(std::string_view name) {
  if (name == "geometrycollection") name = "geomcollection";
  for (size_t i = 0; i < std::size(kGeometryNames); ++i) {
    if (kGeometryNames[i] == name) return static_cast<uint8_t>(i);
  }
  return std::nullopt;
}

// The number in parentheses; 0 if there is none.
uint32_t Argument(std::string_view column_type) {
  uint32_t number = 0;
  const size_t open = column_type.find('(');
  if (open == std::string_view::npos) return number;
  std::from_chars(column_type.data() + open + 1, column_type.data() + column_type.size(), number);
  return number;
}

// False if the type is unknown.
bool FillType(const ColumnDetails& details, ColumnMap& column) {
  for (const TypeName& known : kTypeNames) {
    if (known.name != details.data_type) continue;
    column.type = known.type;
    column.metadata = known.metadata;
    return true;
  }
  const std::optional<uint8_t> geometry = GeometryType(details.data_type);
  if (!geometry.has_value()) return false;
  column.type = ColumnType::kGeometry;
  column.metadata = 4;
  column.geometry_type = *geometry;
  return true;
}

uint16_t SetBytes(size_t labels) {
  const size_t bytes = (labels + 7) / 8;
  return static_cast<uint16_t>(bytes > 4 ? 8 : bytes);
}

// Columns made before MariaDB 10.1, or without mysql56_temporal_format, have older formats. A
// comment in the type's text marks columns that are not in the server's current format.
void FillTemporal(const ColumnDetails& details, ColumnMap& column) {
  column.metadata = static_cast<uint16_t>(details.datetime_precision);
  if (!Contains(details.column_type, "/* mariadb-5.3 */")) return;
  column.metadata = 0;
  if (column.type == ColumnType::kTime2) column.type = ColumnType::kTimeOld;
  if (column.type == ColumnType::kDateTime2) column.type = ColumnType::kDateTimeOld;
  if (column.type == ColumnType::kTimestamp2) column.type = ColumnType::kTimestampOld;
}

void FillMetadata(const ColumnDetails& details, Flavour flavour, ColumnMap& column) {
  const bool compressed = Contains(details.column_type, "COMPRESSED");
  switch (column.type) {
    case ColumnType::kNewDecimal:
      column.metadata =
          static_cast<uint16_t>(details.numeric_precision << 8 | details.numeric_scale);
      return;
    case ColumnType::kBit:
      column.metadata = static_cast<uint16_t>(details.numeric_precision);
      return;
    case ColumnType::kTime2:
    case ColumnType::kDateTime2:
    case ColumnType::kTimestamp2:
      return FillTemporal(details, column);
    case ColumnType::kString:
      if (column.metadata == 0) {
        column.metadata = static_cast<uint16_t>(details.character_octet_length);
      }
      return;
    case ColumnType::kVarchar:
      // A compressed value has one more byte, the header.
      column.metadata =
          static_cast<uint16_t>(details.character_octet_length + (compressed ? 1 : 0));
      if (compressed) column.type = ColumnType::kVarcharCompressed;
      return;
    case ColumnType::kBlob:
      if (compressed) column.type = ColumnType::kBlobCompressed;
      return;
    case ColumnType::kEnum:
      column.metadata = details.labels.size() < 256 ? 1 : 2;
      return;
    case ColumnType::kSet:
      column.metadata = SetBytes(details.labels.size());
      return;
    case ColumnType::kVector:
      column.vector_dimension = Argument(details.column_type);
      if (flavour == Flavour::kMysql) return;
      column.type = ColumnType::kVarchar;
      column.metadata = static_cast<uint16_t>(column.vector_dimension * sizeof(float));
      column.vector_dimension = 0;
      return;
    default:
      return;
  }
}

absl::Status CannotDescribe(const TableDetails& table, const ColumnDetails& column,
                            std::string_view problem) {
  const std::string name = table.name.ToString();
  return MakeError(
      reason::kColumnTypeUnknown,
      fmt::format("table {}: column {} of type {} {}; exclude the column or change "
                  "its type",
                  Quoted(name), Quoted(column.name), Quoted(column.column_type), problem),
      {{"table", Quoted(name)}, {"column", Quoted(column.name)}});
}

}  // namespace

absl::StatusOr<DescribedMap> DescribedMap::Make(const TableDetails& details, Flavour flavour) {
  DescribedMap made;
  made.details_ = std::make_unique<TableDetails>(details);
  binlog::TableMap& map = made.map_;
  map.database = made.details_->name.database;
  map.table = made.details_->name.table;
  map.has_signedness = map.has_names = map.has_collations = map.has_labels = true;
  map.labels_are_utf8 = true;
  map.has_visibility = flavour == Flavour::kMysql;
  for (const ColumnDetails& from : made.details_->columns) {
    ColumnMap column;
    if (!FillType(from, column)) return CannotDescribe(details, from, "cannot be read by Millrace");
    FillMetadata(from, flavour, column);
    column.name = from.name;
    column.nullable = from.nullable;
    // The servers count YEAR among the unsigned numbers.
    column.is_unsigned = from.is_unsigned || column.type == ColumnType::kYear;
    column.visible = flavour == Flavour::kMariadb || !from.invisible;
    column.key_ordinal = from.key_ordinal;
    map.has_primary_key = map.has_primary_key || from.key_ordinal != 0;
    if (HasCharset(column.type)) {
      column.collation = from.charset.empty() ? kBinaryCollation : from.collation;
      if (column.collation == 0) {
        return CannotDescribe(details, from, "has a collation for which the source shows no id");
      }
    }
    if (IsEnumOrSet(column.type)) column.labels.assign(from.labels.begin(), from.labels.end());
    map.columns.push_back(std::move(column));
  }
  return made;
}

}  // namespace millrace::schema
