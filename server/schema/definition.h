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

// True for columns whose values configuration lets in.
using ColumnFilter = std::function<bool(const TableName&, std::string_view column)>;

// What is known of a table besides its TABLE_MAP. All pointers may be null.
struct Knowledge {
  Flavour flavour = Flavour::kMysql;
  // The newest version, and whether a statement since may have changed the table.
  const TableVersion* previous = nullptr;
  bool unverified = false;
  const TableDetails* details = nullptr;
  // What statements said since the previous version. It is of the very place in the binlog, which
  // the details need not be.
  const ColumnMeanings* declared_meanings = nullptr;
  const ColumnFilter* filter = nullptr;
};

// The columns of a table without field numbers.
struct Definition {
  std::vector<Column> columns;
  // A column whose meaning nothing tells: it may be a UUID or INET of MariaDB, or BINARY; or one of
  // the times of a versioned table. Empty: there is none.
  std::string column_of_unknown_meaning;
};

// The columns that `map` describes. What it lacks is taken from the previous version where that is
// beyond doubt and fits the map, otherwise from the details where they fit, otherwise from a
// previous version in doubt, for what the same column of the same type had there.
// kFailedPrecondition SCHEMA_UNPROVEN: something is in none of these; kUnimplemented
// COLUMN_TYPE_UNKNOWN: a type whose values cannot be read.
absl::StatusOr<Definition> Describe(const binlog::TableMap& map, const Knowledge& known);

// Names equal but for the case of ASCII letters: one column to MySQL.
bool SameColumnName(std::string_view a, std::string_view b);
// `name` with ASCII letters in lower case, to look columns up by.
std::string ColumnKey(std::string_view name);

}  // namespace millrace::schema
