// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/column_type.h"
#include "model/flavour.h"

namespace millrace::binlog {

// A column as TABLE_MAP describes it.
struct ColumnMap {
  // The real type: ENUM, SET and STRING are distinguished, although the binlog writes all three as
  // STRING.
  ColumnType type = ColumnType::kNull;
  // The meaning depends on `type`:
  //   VARCHAR, VAR_STRING, VARCHAR_COMPRESSED  maximum length in bytes
  //   STRING (CHAR, BINARY)                    maximum length in bytes, 0-1023
  //   ENUM, SET                                bytes of a value, 1-2 and 1-8
  //   BLOB family, JSON, GEOMETRY, VECTOR      bytes of the length prefix, 1-4
  //   NEWDECIMAL                               precision << 8 | scale
  //   BIT                                      bits, 1-64
  //   TIMESTAMP2, DATETIME2, TIME2             fractional digits, 0-6
  //   FLOAT, DOUBLE                            bytes of a value, 4 and 8
  //   TYPED_ARRAY                              type code of the elements
  // ParseTableMap has checked these ranges.
  uint16_t metadata = 0;
  bool nullable = false;

  // From the optional metadata. The flags of TableMap report which of these the event contains.
  bool is_unsigned = false;
  uint32_t collation = 0;                // 0: unknown, or none for this type
  std::string_view name;                 // in UTF-8
  std::vector<std::string_view> labels;  // ENUM and SET, in the column's charset
  uint8_t geometry_type = 0;
  uint32_t vector_dimension = 0;
  bool visible = true;
  uint32_t key_ordinal = 0;  // from 1, in the primary key; 0: not in it
};

// TABLE_MAP: describes the table of the row events that refer to `id`. All views point into the
// event's bytes. Format:
// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html
struct TableMap {
  uint64_t id = 0;
  uint16_t flags = 0;
  std::string_view database;
  std::string_view table;
  std::vector<ColumnMap> columns;
  // Whether the optional metadata contains this attribute of the columns; also true if no column of
  // the table can have the attribute. Each comment lists the values of binlog_row_metadata under
  // which servers write the attribute. Under NO_LOG MariaDB writes none.
  bool has_signedness = false;  // MINIMAL and FULL
  bool has_names = false;       // FULL only
  bool has_collations = false;  // text: MINIMAL and FULL; ENUM and SET: FULL
  bool has_labels = false;      // FULL only
  // True only for a map that was built from information_schema, whose labels are in UTF-8.
  bool labels_are_utf8 = false;
  // The table has a primary key and the event describes it (FULL only).
  bool has_primary_key = false;
  bool has_visibility = false;  // FULL of MySQL only
};

// Parses the body of a TABLE_MAP event, which may be hostile: allows at most 4,096 columns, checks
// all lengths, and skips unknown kinds of optional metadata. `flavour` decides which types the
// metadata counts as text: MariaDB adds GEOMETRY, MySQL VECTOR. kDataLoss EVENT_TRUNCATED;
// kUnimplemented COLUMN_TYPE_UNKNOWN: an unknown type code, reported with the column's ordinal.
absl::StatusOr<TableMap> ParseTableMap(std::string_view body, Flavour flavour);

// Parses only the id. kDataLoss EVENT_TRUNCATED.
absl::StatusOr<uint64_t> ParseTableMapId(std::string_view body);
// Parses only database and table, as views into `body`. kDataLoss EVENT_TRUNCATED.
absl::StatusOr<std::pair<std::string_view, std::string_view>> ParseTableMapNames(
    std::string_view body);

}  // namespace millrace::binlog
