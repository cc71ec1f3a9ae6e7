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

// In what follows all views are into a frame, which must outlive them.

// The transaction that a change belongs to.
struct TransactionView {
  std::string_view gtid;   // text form; empty if the source gave none, and for rows of a snapshot
  Micros commit_time = 0;  // Unix time
  uint32_t server_id = 0;
  std::string_view file;  // binlog file; may be empty
  uint64_t position = 0;  // of the transaction's first event in `file`
  Sequence first;         // sequence of its first change, also where that lies in an earlier frame
};

// A row image.
struct RowView {
  bool present = false;
  std::string_view bytes;  // the row message on the wire
  // Numbers of fields that the source left out of the image: unknown, not NULL. Usually empty.
  std::vector<uint32_t> unknown;
  // Values that have no UTF-8 form, in place of their fields: field number and bytes as the source
  // has them. Usually empty.
  std::vector<std::pair<uint32_t, std::string_view>> invalid;
};

// One change of the log.
struct ChangeView {
  Sequence sequence;
  uint8_t operation = 0;  // millrace.v1.Operation
  std::string_view database;
  std::string_view table;  // empty for a schema change of a whole database
  // The definition that the rows were written under. Null for changes without rows (TRUNCATE,
  // SCHEMA_CHANGE) of tables that the log knows no row of.
  schema::TableVersionPtr version;
  TransactionView transaction;
  bool last_of_transaction = false;
  RowView before;
  RowView after;
  // Of TRUNCATE and SCHEMA_CHANGE, millrace.v1.SchemaChange.
  std::string_view statement;
  std::string_view default_database;
  std::vector<std::string_view> statement_tables;  // `database.table`
  std::string_view bytes;                          // the whole millrace.v1.Change on the wire
};

}  // namespace millrace::kafka
