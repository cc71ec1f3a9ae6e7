// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "model/table_name.h"
#include "mysql/connection.h"

namespace millrace {

// Whether the account may read a table whole. information_schema shows an account no more than it
// has a right to, so that a column without SELECT, or a table, would be left out in silence.
//
// kPermissionDenied SOURCE_ACCESS_DENIED: the account has no SELECT on it, or on some columns only;
// the message has the columns that it may read, `remedy` the GRANT. Without any right in a database
// this is also the answer for a table that is not there. kNotFound TABLE_MISSING. Others as
// Connection::Query.

// Of its definition. Waits for no lock that writers hold.
absl::Status CheckDefinitionAccess(Connection& connection, const TableName& table);

// Of its rows, but for those columns that SELECT * leaves out.
absl::Status CheckRowAccess(Connection& connection, const TableName& table);

// The error itself.
absl::Status TableAccessDenied(Connection& connection, const TableName& table);

}  // namespace millrace
