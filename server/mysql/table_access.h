// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "model/table_name.h"
#include "mysql/connection.h"

namespace millrace {

// Checks whether the account may read all of a table. information_schema shows only objects for
// which the account has a privilege, so it would silently omit a table or column without SELECT.
//
// kPermissionDenied SOURCE_ACCESS_DENIED: the account lacks SELECT on the table or on some of its
// columns. The message lists the columns that it may read, and `remedy` is the GRANT. If the
// account has no privilege in a database, the server reports this also for a table that does not
// exist. kNotFound TABLE_MISSING. Others as Connection::Query.

// Checks access to the definition. Does not wait for locks of writers.
absl::Status CheckDefinitionAccess(Connection& connection, const TableName& table);

// Checks access to the rows, except columns that SELECT * omits.
absl::Status CheckRowAccess(Connection& connection, const TableName& table);

// Returns the error SOURCE_ACCESS_DENIED for the table.
absl::Status TableAccessDenied(Connection& connection, const TableName& table);

}  // namespace millrace
