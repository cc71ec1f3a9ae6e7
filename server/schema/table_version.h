// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/column_type.h"
#include "model/sequence.h"
#include "model/table_name.h"

namespace millrace::schema {

// Protobuf type of a column's field. Stored on disk: do not renumber.
enum class FieldType : uint8_t {
  kInt32 = 1,   // TINYINT, SMALLINT, MEDIUMINT, INT
  kUint32 = 2,  // the types of kInt32 if UNSIGNED, YEAR
  kInt64 = 3,   // BIGINT
  kUint64 = 4,  // BIGINT UNSIGNED, BIT
  kFloat = 5,
  kDouble = 6,
  kString = 7,     // text, ENUM, SET, DECIMAL, DATE, TIME, DATETIME, JSON, UUID, INET4, INET6
  kBytes = 8,      // BINARY, VARBINARY, BLOB
  kTimestamp = 9,  // TIMESTAMP: google.protobuf.Timestamp
  kGeometry = 10,  // millrace.v1.Geometry
  kVector = 11,    // millrace.v1.Vector
};

// What a column's bytes mean, where type code and charset do not show it. Stored on disk: do not
// renumber.
enum class Meaning : uint8_t {
  kPlain = 0,
  kMariadbUuid = 1,   // STRING(16) of MariaDB
  kMariadbInet6 = 2,  // STRING(16)
  kMariadbInet4 = 3,  // STRING(4)
  // The ROW END column of a system-versioned table, if the definition names it.
  kMariadbRowEnd = 4,
  // Columns that the server adds and SELECT * does not show: ROW START and ROW END of a versioned
  // table that does not name them, and the hash of a long UNIQUE key.
  kMariadbHiddenRowStart = 5,
  kMariadbHiddenRowEnd = 6,
  kMariadbHiddenHash = 7,
};

// Hidden columns are never captured.
inline bool IsHidden(Meaning meaning) { return meaning >= Meaning::kMariadbHiddenRowStart; }
inline bool IsRowEnd(Meaning meaning) {
  return meaning == Meaning::kMariadbRowEnd || meaning == Meaning::kMariadbHiddenRowEnd;
}
// True for UUID, INET6 and INET4: types with text values that the binlog shows as STRING.
inline bool IsTextMeaning(Meaning meaning) {
  return meaning >= Meaning::kMariadbUuid && meaning <= Meaning::kMariadbInet4;
}

// A column in one version of a table.
struct Column {
  std::string name;
  uint32_t field_number = 0;  // 0 where `captured` is false: such a column has no field
  std::string field_name;     // in the row message; not always the identifier of `name`
  FieldType field_type = FieldType::kBytes;
  Meaning meaning = Meaning::kPlain;
  ColumnType type = ColumnType::kNull;
  uint16_t metadata = 0;  // as in binlog::ColumnMap
  bool is_unsigned = false;
  bool nullable = true;
  uint32_t collation = 0;           // 63 is binary; 0 where there is none
  std::string charset;              // name of the collation's charset; empty where there is none
  std::vector<std::string> labels;  // ENUM and SET, UTF-8
  // If a label is not text in the charset: the bytes of all labels. See labels.h.
  std::vector<std::string> label_bytes;
  uint32_t key_ordinal = 0;
  bool invisible = false;
  std::string mysql_type;  // as MySQL prints it, best effort: `varchar(20)`, `decimal(10,2)`
  // False: configuration excludes the column, or the source hides it. Its bytes are skipped. Only
  // name, type, metadata, nullable and key ordinal are filled, and the meaning if known.
  bool captured = true;

  friend bool operator==(const Column&, const Column&) = default;
};

// A table between two changes of its definition. Immutable; shared between threads.
struct TableVersion {
  uint32_t table_id = 0;  // number of the table name in this log, from 1; never changes
  uint32_t version = 0;   // from 1; 0 before the first row
  Sequence first;         // no row of a smaller sequence was written under it
  TableName name;
  std::vector<Column> columns;  // in the order of the row image
  // Captured columns of earlier versions that no current column continues, by field number. Their
  // numbers stay taken. A name may occur more than once, and in `columns` too, if its type changed.
  std::vector<Column> dropped_columns;
  uint32_t next_field_number = 1;
  std::string row_message;  // `db.inventory.customers`
  std::string type_url;     // `t/` + row_message
  // A statement dropped the table or renamed it away, and it was not created again.
  bool dropped = false;
};

using TableVersionPtr = std::shared_ptr<const TableVersion>;

// A version and the sequences of the rows written under it.
struct VersionSpan {
  TableVersionPtr version;
  Sequence first;
  Sequence last;  // the greatest number while no later version is stored
};

}  // namespace millrace::schema
