// SPDX-License-Identifier: Apache-2.0

#include "binlog/table_map_metadata.h"

#include <array>
#include <limits>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/malformed.h"
#include "fmt/format.h"

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html
namespace millrace::binlog {
namespace {

enum Kind : uint8_t {
  kSignedness = 1,
  kDefaultCharset = 2,
  kColumnCharset = 3,
  kColumnName = 4,
  kSetLabels = 5,
  kEnumLabels = 6,
  kGeometryType = 7,
  kSimplePrimaryKey = 8,
  kPrimaryKeyWithPrefix = 9,
  kEnumAndSetDefaultCharset = 10,
  kEnumAndSetColumnCharset = 11,
  kColumnVisibility = 12,
  kVectorDimension = 13,
};

// Both servers include YEAR, which is unsigned; neither includes BIT.
bool IsNumeric(ColumnType type) {
  switch (type) {
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kInt24:
    case ColumnType::kLong:
    case ColumnType::kLongLong:
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kYear:
    case ColumnType::kNewDecimal:
      return true;
    default:
      return false;
  }
}

bool IsCharacter(ColumnType type, Flavour flavour) {
  switch (type) {
    case ColumnType::kVarchar:
    case ColumnType::kVarcharCompressed:
    case ColumnType::kVarString:
    case ColumnType::kString:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kBlobCompressed:
      return true;
    case ColumnType::kGeometry:
      return flavour == Flavour::kMariadb;
    case ColumnType::kVector:
      return flavour == Flavour::kMysql;
    default:
      return false;
  }
}

bool IsEnumOrSet(ColumnType type) { return type == ColumnType::kEnum || type == ColumnType::kSet; }

using Columns = std::vector<ColumnMap*>;

template <typename Predicate>
Columns ColumnsWhere(TableMap& map, Predicate matches) {
  Columns columns;
  for (ColumnMap& column : map.columns) {
    if (matches(column.type)) columns.push_back(&column);
  }
  return columns;
}

Columns ColumnsOf(TableMap& map, ColumnType type) {
  return ColumnsWhere(map, [type](ColumnType other) { return other == type; });
}

Columns CharacterColumns(TableMap& map, Flavour flavour) {
  return ColumnsWhere(map, [flavour](ColumnType type) { return IsCharacter(type, flavour); });
}

// One bit for each column, highest bit of the first byte first.
void ReadBits(ByteReader& reader, const Columns& columns, bool ColumnMap::*member) {
  const std::string_view bits = reader.Bytes((columns.size() + 7) / 8);
  if (!reader.ok()) return;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i]->*member = (bits[i / 8] << (i % 8) & 0x80) != 0;
  }
}

// Fails the reader if the number does not fit in `Number`.
template <typename Number>
Number ReadNumber(ByteReader& reader) {
  const uint64_t number = reader.LengthEncoded();
  if (number > std::numeric_limits<Number>::max()) reader.Fail();
  return static_cast<Number>(number);
}

// One number for each column.
template <typename Number>
void ReadNumbers(ByteReader& reader, const Columns& columns, Number ColumnMap::*member) {
  for (ColumnMap* column : columns) column->*member = ReadNumber<Number>(reader);
}

// The default collation, then the exceptions: pairs of an index into `columns` and a collation.
void ReadDefaultCharset(ByteReader& reader, const Columns& columns) {
  const auto collation = ReadNumber<uint32_t>(reader);
  for (ColumnMap* column : columns) column->collation = collation;
  while (reader.ok() && !reader.empty()) {
    const uint64_t ordinal = reader.LengthEncoded();
    if (ordinal >= columns.size()) return reader.Fail();
    columns[ordinal]->collation = ReadNumber<uint32_t>(reader);
  }
}

std::string_view ReadText(ByteReader& reader) { return reader.Bytes(reader.LengthEncoded()); }

// For each column the count of its labels, then the labels.
void ReadLabels(ByteReader& reader, const Columns& columns, size_t labels_max) {
  for (ColumnMap* column : columns) {
    const uint64_t count = reader.LengthEncoded();
    // Each label takes at least one byte, for its length.
    if (count > labels_max || count > reader.remaining()) return reader.Fail();
    column->labels.reserve(count);
    for (uint64_t i = 0; i < count; ++i) column->labels.push_back(ReadText(reader));
  }
}

// Ordinals in key order. With `with_prefix` a prefix length follows each.
void ReadPrimaryKey(ByteReader& reader, TableMap& map, bool with_prefix) {
  for (uint32_t place = 1; reader.ok() && !reader.empty(); ++place) {
    const uint64_t ordinal = reader.LengthEncoded();
    if (with_prefix) reader.LengthEncoded();
    if (ordinal >= map.columns.size() || map.columns[ordinal].key_ordinal != 0) {
      return reader.Fail();
    }
    map.columns[ordinal].key_ordinal = place;
  }
}

// Reads the value of one kind. Skips an unknown kind.
void ReadKind(uint8_t kind, ByteReader& reader, Flavour flavour, TableMap& map) {
  constexpr size_t kEnumLabelsMax = 65535;
  constexpr size_t kSetLabelsMax = 64;
  const auto any = [](ColumnType) { return true; };
  switch (kind) {
    case kSignedness:
      return ReadBits(reader, ColumnsWhere(map, IsNumeric), &ColumnMap::is_unsigned);
    case kDefaultCharset:
      return ReadDefaultCharset(reader, CharacterColumns(map, flavour));
    case kColumnCharset:
      return ReadNumbers(reader, CharacterColumns(map, flavour), &ColumnMap::collation);
    case kColumnName:
      for (ColumnMap& column : map.columns) column.name = ReadText(reader);
      return;
    case kSetLabels:
      return ReadLabels(reader, ColumnsOf(map, ColumnType::kSet), kSetLabelsMax);
    case kEnumLabels:
      return ReadLabels(reader, ColumnsOf(map, ColumnType::kEnum), kEnumLabelsMax);
    case kGeometryType:
      return ReadNumbers(reader, ColumnsOf(map, ColumnType::kGeometry), &ColumnMap::geometry_type);
    case kSimplePrimaryKey:
      return ReadPrimaryKey(reader, map, false);
    case kPrimaryKeyWithPrefix:
      return ReadPrimaryKey(reader, map, true);
    case kEnumAndSetDefaultCharset:
      return ReadDefaultCharset(reader, ColumnsWhere(map, IsEnumOrSet));
    case kEnumAndSetColumnCharset:
      return ReadNumbers(reader, ColumnsWhere(map, IsEnumOrSet), &ColumnMap::collation);
    case kColumnVisibility:
      return ReadBits(reader, ColumnsWhere(map, any), &ColumnMap::visible);
    case kVectorDimension:
      return ReadNumbers(reader, ColumnsOf(map, ColumnType::kVector), &ColumnMap::vector_dimension);
    default:
      reader.Skip(reader.remaining());
  }
}

// A set of kinds, one bit each.
using Kinds = uint64_t;
constexpr Kinds Bit(uint8_t kind) { return kind < 64 ? Kinds{1} << kind : 0; }

// The kinds that must not precede `kind`: itself, and the other form of the same metadata.
Kinds ConflictingKinds(uint8_t kind) {
  constexpr std::array kAlternatives = {
      Bit(kDefaultCharset) | Bit(kColumnCharset),
      Bit(kSimplePrimaryKey) | Bit(kPrimaryKeyWithPrefix),
      Bit(kEnumAndSetDefaultCharset) | Bit(kEnumAndSetColumnCharset),
  };
  for (const Kinds alternatives : kAlternatives) {
    if ((alternatives & Bit(kind)) != 0) return alternatives;
  }
  return Bit(kind);
}

void SetPresenceFlags(Kinds seen, Flavour flavour, TableMap& map) {
  const auto has = [seen](Kinds any_of) { return (seen & any_of) != 0; };
  const bool has_enum_or_set_collations =
      has(Bit(kEnumAndSetDefaultCharset) | Bit(kEnumAndSetColumnCharset)) ||
      ColumnsWhere(map, IsEnumOrSet).empty();
  map.has_signedness = has(Bit(kSignedness)) || ColumnsWhere(map, IsNumeric).empty();
  map.has_names = has(Bit(kColumnName)) || map.columns.empty();
  map.has_collations =
      (has(Bit(kDefaultCharset) | Bit(kColumnCharset)) || CharacterColumns(map, flavour).empty()) &&
      has_enum_or_set_collations;
  map.has_labels = (has(Bit(kSetLabels)) || ColumnsOf(map, ColumnType::kSet).empty()) &&
                   (has(Bit(kEnumLabels)) || ColumnsOf(map, ColumnType::kEnum).empty());
  map.has_primary_key = has(Bit(kSimplePrimaryKey) | Bit(kPrimaryKeyWithPrefix));
  map.has_visibility = has(Bit(kColumnVisibility));
}

}  // namespace

absl::Status ReadOptionalMetadata(std::string_view bytes, Flavour flavour, TableMap& map) {
  ByteReader reader(bytes);
  Kinds seen = 0;
  while (reader.ok() && !reader.empty()) {
    const uint8_t kind = reader.Little8();
    ByteReader value(ReadText(reader));
    if (!reader.ok()) break;
    const bool repeated = (seen & ConflictingKinds(kind)) != 0;
    if (!repeated) ReadKind(kind, value, flavour, map);
    // If we did not consume the value exactly, the source includes other columns than we expect.
    if (repeated || !value.ok() || !value.empty()) {
      return EventTruncated(EventType::kTableMap,
                            fmt::format("of {}.{} has optional metadata of kind {} that does not "
                                        "match its columns",
                                        map.database, map.table, kind));
    }
    seen |= Bit(kind);
  }
  if (!reader.ok()) return EventTruncated(EventType::kTableMap, "ends inside optional metadata");
  SetPresenceFlags(seen, flavour, map);
  return absl::OkStatus();
}

}  // namespace millrace::binlog
