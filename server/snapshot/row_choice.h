// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/table_name.h"
#include "mysql/connection.h"
#include "schema/definition.h"
#include "schema/table_version.h"

namespace millrace::snapshot {

// The rows that a snapshot reads, as the client wrote them. Empty parts choose all.
struct RowChoice {
  std::string where;     // a condition, see condition/condition.h
  std::string key_from;  // lower bound of the first key column; see condition::BindValue
  std::string key_to;    // upper bound, exclusive

  bool all() const { return where.empty() && key_from.empty() && key_to.empty(); }
};

// Checks the syntax of `where` without a table. Fails like ChoiceSql.
absl::Status CheckSyntax(const RowChoice& choice);

// Translates `choice` to SQL over `columns`; `first_key_column` is the first column of the key.
// Empty for all rows. kInvalidArgument CONDITION_INVALID: names table, field, offset and column.
absl::StatusOr<std::string> ChoiceSql(const RowChoice& choice, const TableName& table,
                                      std::span<const schema::Column> columns,
                                      const std::string& first_key_column);

// Checks `choice` against the current table. Requires: `choice` is not all rows, and the session
// has RowReadingSettings. Queries the source. `captured` may be null. kInvalidArgument
// CONDITION_INVALID; REQUEST_INVALID: the table has no captured key; kNotFound TABLE_MISSING;
// kUnimplemented COLUMN_TYPE_UNKNOWN; errors of the connection.
absl::Status CheckChoice(Connection& connection, const TableName& table, const RowChoice& choice,
                         const schema::ColumnFilter& captured);

}  // namespace millrace::snapshot
