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

// Columns whose values identify each row of a table.
struct TableKey {
  std::string index;                 // name: `PRIMARY` or that of a unique index
  std::vector<std::string> columns;  // in the order of the index; all NOT NULL
  friend bool operator==(const TableKey&, const TableKey&) = default;
};

// The primary key, or the first unique index that can replace it: its columns are whole (no prefix,
// no expression) and NOT NULL, and queries can use it (not invisible, ignored or a hash index).
// Nothing: the table has no key. kNotFound TABLE_MISSING.
absl::StatusOr<std::optional<TableKey>> FetchTableKey(Connection& connection,
                                                      const TableName& table);

// Whether the name is that of a view. Also false if the account may not see it.
absl::StatusOr<bool> IsView(Connection& connection, const TableName& table);

// The base tables on which the account has any privilege, sorted by bytes. Excludes views,
// sequences, MERGE tables and system databases.
absl::StatusOr<std::vector<TableName>> FetchTableNames(Connection& connection);

// The number of rows according to the source's statistics, which is only a rough estimate.
// kNotFound TABLE_MISSING.
absl::StatusOr<uint64_t> FetchRowEstimate(Connection& connection, const TableName& table);

}  // namespace millrace
