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

// How TABLE_MAP describes a column.
struct ColumnMap {
  // The real type: ENUM, SET and STRING are told apart although the binlog writes all three as
  // STRING.
  ColumnType type = ColumnType::kNull;
  // Meaning depends on `type`:
  //   VARCHAR, VAR_STRING, VARCHAR_COMPRESSED  longest length in bytes
  //   STRING (CHAR, BINARY)                    longest length in bytes, 0-1023
  //   ENUM, SET                                bytes a value takes, 1-2 and 1-8
  //   BLOB family, JSON, GEOMETRY, VECTOR      bytes of the length prefix, 1-4
  //   NEWDECIMAL                               precision << 8 | scale
  //   BIT                                      bits, 1-64
  //   TIMESTAMP2, DATETIME2, TIME2             fractional digits, 0-6
  //   FLOAT, DOUBLE                            bytes a value takes, 4 and 8
  //   TYPED_ARRAY                              type code of the elements
  // ParseTableMap has checked these ranges.
  uint16_t metadata = 0;
  bool nullable = false;

  // From the optional metadata; see the flags of TableMap for what was present.
  bool is_unsigned = false;
  uint32_t collation = 0;                // 0: unknown, or the type has none
  std::string_view name;                 // in UTF-8
  std::vector<std::string_view> labels;  // ENUM and SET, in the column's charset
  uint8_t geometry_type = 0;
  uint32_t vector_dimension = 0;
  bool visible = true;
  uint32_t key_ordinal = 0;  // in the primary key, from 1; 0 outside of it
};

// TABLE_MAP: what the row events after it, by `id`, are about. All views lie in the event's bytes.
// Format:
// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html
struct TableMap {
  uint64_t id = 0;
  uint16_t flags = 0;
  std::string_view database;
  std::string_view table;
  std::vector<ColumnMap> columns;
  // What the optional metadata tells of every column that it concerns; true also where there is
  // no such column.
  bool has_signedness = false;  // MINIMAL and FULL write it; MariaDB not if NO_LOG
  bool has_names = false;       // FULL only
  bool has_collations = false;  // of character columns: MINIMAL and FULL; of ENUM and SET: FULL
  bool has_labels = false;      // FULL only
  // Never of an event: the map was made of what information_schema tells, in UTF-8.
  bool labels_are_utf8 = false;
  // Whether the table has a primary key and FULL wrote it.
  bool has_primary_key = false;
  bool has_visibility = false;  // FULL of MySQL only
};

// Parses the body of a TABLE_MAP event, which may be hostile: at most 4,096 columns, lengths
// checked, optional metadata of unknown kinds passed over. `flavour` decides which columns optional
// metadata counts as character columns: MariaDB counts GEOMETRY among them, MySQL VECTOR.
// kDataLoss EVENT_TRUNCATED; kUnimplemented COLUMN_TYPE_UNKNOWN: a type code this server never
// heard of, with the column's ordinal.
absl::StatusOr<TableMap> ParseTableMap(std::string_view body, Flavour flavour);

// Only the id, for looking up a table map already known by its bytes. kDataLoss EVENT_TRUNCATED.
absl::StatusOr<uint64_t> ParseTableMapId(std::string_view body);
// Only database and table, as views into `body`. kDataLoss EVENT_TRUNCATED.
absl::StatusOr<std::pair<std::string_view, std::string_view>> ParseTableMapNames(
    std::string_view body);

}  // namespace millrace::binlog
