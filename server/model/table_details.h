// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/table_name.h"

namespace millrace {

// What information_schema says of a column now, which may be later than the event at hand. It
// supplies what TABLE_MAP lacks and never overrules it.
struct ColumnDetails {
  std::string name;
  std::string
      column_type;  // COLUMN_TYPE, for example `decimal(10,2) unsigned`, `enum('a','b')`, `uuid`
  std::string data_type;   // DATA_TYPE, for example `decimal`
  std::string charset;     // CHARACTER_SET_NAME; empty where there is none
  uint32_t collation = 0;  // id of COLLATION_NAME; 0 where there is none
  bool nullable = true;
  bool is_unsigned = false;
  bool invisible = false;
  // Events have it, and no SELECT * shows it: MariaDB's times of row versions where the definition
  // does not name them, the hashes of its long UNIQUE indexes.
  bool hidden = false;
  // GENERATED ALWAYS AS ROW END, named or not.
  bool row_end = false;
  bool generated = false;
  bool virtual_generated = false;
  // In the primary key, or in the unique key that the server takes for one; from 1.
  uint32_t key_ordinal = 0;
  std::vector<std::string> labels;  // ENUM and SET, UTF-8
  // Columns of information_schema.COLUMNS by the same names; 0 where it says NULL.
  uint64_t character_octet_length = 0;
  uint32_t numeric_precision = 0;
  uint32_t numeric_scale = 0;
  uint32_t datetime_precision = 0;
};

struct TableDetails {
  TableName name;
  // In the order of ORDINAL_POSITION, then what events have besides: MariaDB's columns of row
  // versions that are not in the definition, and the hashes of its long UNIQUE indexes.
  std::vector<ColumnDetails> columns;
  // Unix time in seconds of the last CREATE or ALTER of the table, as the source tells it; 0 if it
  // does not.
  int64_t defined_seconds = 0;
  // A SEQUENCE of MariaDB, which is stored as a table.
  bool sequence = false;
  // ENGINE = MERGE: it shows the rows of these tables and has none of its own.
  bool merge = false;
  std::vector<TableName> merged;
};

}  // namespace millrace
