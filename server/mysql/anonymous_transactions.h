// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace {

// Whether transactions without a GTID may follow `ours` in the binlog of a MySQL source with
// gtid_mode ON. The source wrote such transactions while gtid_mode was OFF_PERMISSIVE or
// ON_PERMISSIVE. A dump by GTID set may start at a file after them and so skip them. In a dump by
// file and offset, the source refuses to send them until gtid_mode is ON_PERMISSIVE.
//
// A dump by GTID set skips only files without a GTID that we lack, and fails at any other anonymous
// transaction. So it is enough to check the first transaction after `ours` in its file and the
// first of each later file. False if the source does not have the file of `ours`. Errors as
// Connection::Query.
absl::StatusOr<bool> AnonymousTransactionsFollow(Connection& connection,
                                                 const SourcePosition& ours);

}  // namespace millrace
