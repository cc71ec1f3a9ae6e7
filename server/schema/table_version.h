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
  kUint32 = 2,  // the same UNSIGNED, YEAR
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

// What a column's bytes mean, where type code and charset do not tell. Stored on disk: do not
// renumber.
enum class Meaning : uint8_t {
  kPlain = 0,
  kMariadbUuid = 1,   // STRING(16) of MariaDB
  kMariadbInet6 = 2,  // STRING(16)
  kMariadbInet4 = 3,  // STRING(4)
  // The end of the time in which a row of a system-versioned table was the current one. A column
  // that the definition names.
  kMariadbRowEnd = 4,
  // Columns that the server adds and no SELECT * shows: the times of a versioned table that does
  // not name them, and the hash that keeps a long UNIQUE key.
  kMariadbHiddenRowStart = 5,
  kMariadbHiddenRowEnd = 6,
  kMariadbHiddenHash = 7,
};

// Such a column is never captured.
inline bool IsHidden(Meaning meaning) { return meaning >= Meaning::kMariadbHiddenRowStart; }
inline bool IsRowEnd(Meaning meaning) {
  return meaning == Meaning::kMariadbRowEnd || meaning == Meaning::kMariadbHiddenRowEnd;
}
// A text that the column's type code does not tell.
inline bool IsTextMeaning(Meaning meaning) {
  return meaning >= Meaning::kMariadbUuid && meaning <= Meaning::kMariadbInet4;
}

// A column in one version of a table.
struct Column {
  std::string name;
  uint32_t field_number = 0;  // 0 where `captured` is false: such a column has no field
  std::string field_name;     // in the row message; not always what `name` would give now
  FieldType field_type = FieldType::kBytes;
  Meaning meaning = Meaning::kPlain;
  ColumnType type = ColumnType::kNull;
  uint16_t metadata = 0;  // as binlog::ColumnMap has it
  bool is_unsigned = false;
  bool nullable = true;
  uint32_t collation = 0;           // 63 is binary; 0 where there is none
  std::string charset;              // name of the collation's charset; empty where there is none
  std::vector<std::string> labels;  // ENUM and SET, UTF-8
  // Where a label is no text of the charset: the bytes of all, in the charset. See labels.h.
  std::vector<std::string> label_bytes;
  uint32_t key_ordinal = 0;
  bool invisible = false;
  std::string mysql_type;  // as MySQL prints it, best effort: `varchar(20)`, `decimal(10,2)`
  // False: configuration keeps the column out, or it is one of the source's hidden columns. Its
  // bytes are passed over; only name, type, metadata, nullable and key ordinal are filled, and the
  // meaning where it is known.
  bool captured = true;

  friend bool operator==(const Column&, const Column&) = default;
};

// A table from one change of its definition to the next. Immutable; shared between threads.
struct TableVersion {
  uint32_t table_id = 0;  // number of the table name in this log, from 1; for ever
  uint32_t version = 0;   // from 1
  Sequence first;         // no row of a smaller sequence was written under it
  TableName name;
  std::vector<Column> columns;  // in the order of the row image
  // Captured columns of earlier versions that no column continues, by field number. The numbers
  // stay taken. One name may stand here more than once, and in `columns` too: its type changed.
  std::vector<Column> dropped_columns;
  uint32_t next_field_number = 1;
  std::string row_message;  // `db.inventory.customers`
  std::string type_url;     // `t/` + row_message
  // A statement dropped the table or gave it another name, and nothing created it since.
  bool dropped = false;
};

using TableVersionPtr = std::shared_ptr<const TableVersion>;

// A version, and the sequences of the rows that were written under it.
struct VersionSpan {
  TableVersionPtr version;
  Sequence first;
  Sequence last;  // the greatest number while no later version is stored
};

}  // namespace millrace::schema
