// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/sequence.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// All views in this file point into a frame, which must outlive them.

// The transaction of a change.
struct TransactionView {
  std::string_view gtid;   // text form; empty if the source has no GTIDs, and for snapshot rows
  Micros commit_time = 0;  // Unix time
  uint32_t server_id = 0;
  std::string_view file;  // binlog file; may be empty
  uint64_t position = 0;  // of the transaction's first event in `file`
  Sequence first;         // sequence of its first change, which may be in an earlier frame
};

// A row image.
struct RowView {
  bool present = false;
  std::string_view bytes;  // the serialized row message
  // Numbers of fields that the source left out of the image: unknown, not NULL. Usually empty.
  std::vector<uint32_t> unknown;
  // Text values that are not valid in their character set: field number and the source's bytes. The
  // row message lacks these fields. Usually empty.
  std::vector<std::pair<uint32_t, std::string_view>> invalid;
};

// One change of the log.
struct ChangeView {
  Sequence sequence;
  uint8_t operation = 0;  // millrace.v1.Operation
  std::string_view database;
  std::string_view table;  // empty for a schema change of a whole database
  // The definition that the rows were written with. Null for TRUNCATE and SCHEMA_CHANGE of tables
  // that have no row in the log.
  schema::TableVersionPtr version;
  TransactionView transaction;
  bool last_of_transaction = false;
  RowView before;
  RowView after;
  // Only for TRUNCATE and SCHEMA_CHANGE: fields of millrace.v1.SchemaChange.
  std::string_view statement;
  std::string_view default_database;
  std::vector<std::string_view> statement_tables;  // `database.table`
  std::string_view bytes;                          // the serialized millrace.v1.Change
};

}  // namespace millrace::kafka
