// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/table_name.h"

namespace millrace {

// The description of a column in information_schema. It can be newer than the event that is being
// read, so it supplies what TABLE_MAP lacks and never overrules it.
struct ColumnDetails {
  std::string name;
  // COLUMN_TYPE, for example `decimal(10,2) unsigned`, `enum('a','b')`, `uuid`.
  std::string column_type;
  std::string data_type;   // DATA_TYPE, for example `decimal`
  std::string charset;     // CHARACTER_SET_NAME; empty if there is none
  uint32_t collation = 0;  // id of COLLATION_NAME; 0 if there is none
  bool nullable = true;
  bool is_unsigned = false;
  bool invisible = false;
  // In events, but not in SELECT *: MariaDB's row_start and row_end of a table whose definition
  // does not name them, and the hash columns of its long UNIQUE indexes.
  bool hidden = false;
  // GENERATED ALWAYS AS ROW END, or the hidden row_end.
  bool row_end = false;
  bool generated = false;
  bool virtual_generated = false;
  // Place in the primary key, or in the unique key that the server uses as one, from 1; 0 if the
  // column is in neither.
  uint32_t key_ordinal = 0;
  std::vector<std::string> labels;  // ENUM and SET, UTF-8
  // The columns of information_schema.COLUMNS with the same names; 0 for NULL.
  uint64_t character_octet_length = 0;
  uint32_t numeric_precision = 0;
  uint32_t numeric_scale = 0;
  uint32_t datetime_precision = 0;
};

struct TableDetails {
  TableName name;
  // In the order of ORDINAL_POSITION, then the hidden columns: row_start, row_end, hashes.
  std::vector<ColumnDetails> columns;
  // Unix time in seconds, by the source's clock, of the last CREATE or ALTER of the table; 0 if the
  // source does not report it.
  int64_t defined_seconds = 0;
  // A SEQUENCE of MariaDB, which is stored as a table.
  bool sequence = false;
  // ENGINE = MERGE: shows the rows of the `merged` tables and has no rows of its own.
  bool merge = false;
  std::vector<TableName> merged;
};

}  // namespace millrace
