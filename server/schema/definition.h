// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "binlog/table_map.h"
#include "model/flavour.h"
#include "model/table_details.h"
#include "schema/column_meanings.h"
#include "schema/table_version.h"

namespace millrace::schema {

// True for columns that configuration captures.
using ColumnFilter = std::function<bool(const TableName&, std::string_view column)>;

// Everything known about a table besides its TABLE_MAP. All pointers may be null.
struct Knowledge {
  Flavour flavour = Flavour::kMysql;
  // The newest version. It is unverified if a later statement may have changed the table.
  const TableVersion* previous = nullptr;
  bool unverified = false;
  const TableDetails* details = nullptr;
  // Declared by statements since the previous version. Unlike the details, they hold for exactly
  // this position in the binlog.
  const ColumnMeanings* declared_meanings = nullptr;
  const ColumnFilter* filter = nullptr;
};

// The columns of a table without field numbers.
struct Definition {
  std::vector<Column> columns;
  // A column of MariaDB whose meaning is unknown: UUID, INET or BINARY; row version time or plain
  // TIMESTAMP. Empty: every meaning is known.
  std::string column_of_unknown_meaning;
};

// The columns that `map` describes. What the map lacks comes from, in this order: a verified
// previous version that matches the map; details that match the map; an unverified previous
// version, for the same column of the same type. kFailedPrecondition SCHEMA_UNPROVEN: none of them
// has it; kUnimplemented COLUMN_TYPE_UNKNOWN: values of the type cannot be read.
absl::StatusOr<Definition> Describe(const binlog::TableMap& map, const Knowledge& known);

// True if the names differ at most in the case of ASCII letters: MySQL treats them as one.
bool SameColumnName(std::string_view a, std::string_view b);
// `name` with ASCII letters in lower case: the key to look up a column.
std::string ColumnKey(std::string_view name);

}  // namespace millrace::schema
