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

// Which rows of a table a snapshot reads, in a client's words; empty parts choose all.
struct RowChoice {
  std::string where;     // a condition, see condition/condition.h
  std::string key_from;  // the first key column is at least this; see condition::BindValue
  std::string key_to;    // and below this

  bool all() const { return where.empty() && key_from.empty() && key_to.empty(); }
};

// Checks the syntax of `where`; needs no table. Errors as ChoiceSql.
absl::Status CheckSyntax(const RowChoice& choice);

// The rows of `choice` as SQL over `columns`, whose first in the key is `first_key_column`; empty
// for all rows. kInvalidArgument CONDITION_INVALID: names table, field, offset and column.
absl::StatusOr<std::string> ChoiceSql(const RowChoice& choice, const TableName& table,
                                      std::span<const schema::Column> columns,
                                      const std::string& first_key_column);

// Checks `choice`, which is not all, against the table as it is now. Asks the source, in a session
// that has RowReadingSettings. `captured` may be null. kInvalidArgument CONDITION_INVALID;
// REQUEST_INVALID: the table has no key that is captured; kNotFound TABLE_MISSING; kUnimplemented
// COLUMN_TYPE_UNKNOWN; errors of the connection.
absl::Status CheckChoice(Connection& connection, const TableName& table, const RowChoice& choice,
                         const schema::ColumnFilter& captured);

}  // namespace millrace::snapshot
