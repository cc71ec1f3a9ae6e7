// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "schema/collations.h"
#include "schema/table_version.h"

namespace millrace::condition::testing {

inline schema::Column ColumnOf(std::string name, ColumnType type, std::string mysql_type,
                               uint16_t metadata = 0) {
  schema::Column column;
  column.name = std::move(name);
  column.type = type;
  column.mysql_type = std::move(mysql_type);
  column.metadata = metadata;
  return column;
}

inline schema::Column UnsignedColumn(std::string name, ColumnType type, std::string mysql_type,
                                     uint16_t metadata = 0) {
  schema::Column column = ColumnOf(std::move(name), type, std::move(mysql_type), metadata);
  column.is_unsigned = true;
  return column;
}

// Returns the column with this collation id.
inline schema::Column TextColumn(std::string name, ColumnType type, std::string mysql_type,
                                 uint32_t collation) {
  schema::Column column = ColumnOf(std::move(name), type, std::move(mysql_type), 80);
  column.collation = collation;
  column.charset = schema::CharsetOfCollation(Flavour::kMysql, collation);
  return column;
}

inline schema::Column LabelColumn(std::string name, ColumnType type, std::string mysql_type,
                                  std::vector<std::string> labels) {
  constexpr uint32_t kUtf8mb4GeneralCi = 45;
  schema::Column column =
      TextColumn(std::move(name), type, std::move(mysql_type), kUtf8mb4GeneralCi);
  column.labels = std::move(labels);
  return column;
}

inline schema::Column AddressColumn(std::string name, schema::Meaning meaning,
                                    std::string mysql_type) {
  schema::Column column = TextColumn(std::move(name), ColumnType::kString, std::move(mysql_type),
                                     schema::kBinaryCollation);
  column.meaning = meaning;
  return column;
}

// A table with columns of every type, and an uncaptured column.
inline std::vector<schema::Column> AllColumns() {
  using enum ColumnType;
  schema::Column secret = ColumnOf("secret", kLong, "");
  secret.captured = false;
  return {
      ColumnOf("tiny", kTiny, "tinyint"),
      UnsignedColumn("utiny", kTiny, "tinyint unsigned"),
      ColumnOf("small", kShort, "smallint"),
      ColumnOf("medium", kInt24, "mediumint"),
      ColumnOf("id", kLong, "int"),
      ColumnOf("big", kLongLong, "bigint"),
      UnsignedColumn("ubig", kLongLong, "bigint unsigned"),
      UnsignedColumn("y", kYear, "year"),
      ColumnOf("bits", kBit, "bit(9)", 9),
      ColumnOf("f", kFloat, "float", 4),
      ColumnOf("d", kDouble, "double", 8),
      ColumnOf("price", kNewDecimal, "decimal(5,2)", 5 << 8 | 2),
      UnsignedColumn("uprice", kNewDecimal, "decimal(5,2) unsigned", 5 << 8 | 2),
      TextColumn("name", kVarchar, "varchar(20)", 45),
      TextColumn("latin", kString, "char(20)", 8),
      TextColumn("plain", kVarchar, "varchar(80)", 11),
      TextColumn("old", kBlob, "text", 33),
      TextColumn("raw", kVarchar, "varbinary(80)", schema::kBinaryCollation),
      TextColumn("blobs", kBlob, "blob", schema::kBinaryCollation),
      LabelColumn("size", kEnum, "enum('s','m','l''x')", {"s", "m", "l'x"}),
      LabelColumn("tags", kSet, "set('a','b','c')", {"a", "b", "c"}),
      ColumnOf("day", kDate, "date"),
      ColumnOf("clock", kTime2, "time(3)", 3),
      ColumnOf("at", kDateTime2, "datetime(6)", 6),
      ColumnOf("at0", kDateTime2, "datetime"),
      ColumnOf("ts", kTimestamp2, "timestamp"),
      ColumnOf("doc", kJson, "json"),
      ColumnOf("place", kGeometry, "point"),
      ColumnOf("vec", kVector, "vector(3)"),
      AddressColumn("uuid", schema::Meaning::kMariadbUuid, "uuid"),
      AddressColumn("ip4", schema::Meaning::kMariadbInet4, "inet4"),
      AddressColumn("ip6", schema::Meaning::kMariadbInet6, "inet6"),
      ColumnOf("odd `name`", kLong, "int"),
      ColumnOf("order", kLong, "int"),
      secret,
  };
}

}  // namespace millrace::condition::testing
