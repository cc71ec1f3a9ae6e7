// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/table_name.h"
#include "mysql/connection.h"

namespace millrace {

// Columns whose values tell every row of a table from every other.
struct TableKey {
  std::string index;                 // its name: `PRIMARY` or that of a unique index
  std::vector<std::string> columns;  // in the order of the index; none of them admits NULL
  friend bool operator==(const TableKey&, const TableKey&) = default;
};

// The primary key, else the first unique index over columns that are NOT NULL and stand in it whole
// (no prefix, no expression), and that queries can use: no invisible or ignored one, no hash.
// Nothing: the table has no key. kNotFound TABLE_MISSING.
absl::StatusOr<std::optional<TableKey>> FetchTableKey(Connection& connection,
                                                      const TableName& table);

// Whether the name is that of a view. False too where the account may not see it.
absl::StatusOr<bool> IsView(Connection& connection, const TableName& table);

// Base tables (no views, sequences, MERGE tables or system databases) that the account has any
// privilege on, in the order of their bytes.
absl::StatusOr<std::vector<TableName>> FetchTableNames(Connection& connection);

// How many rows the table has by the statistics of the source; far from exact. kNotFound
// TABLE_MISSING.
absl::StatusOr<uint64_t> FetchRowEstimate(Connection& connection, const TableName& table);

}  // namespace millrace
