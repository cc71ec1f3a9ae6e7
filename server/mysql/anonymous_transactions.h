// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace {

// Whether transactions without a GTID may follow our position in the binlog of a MySQL source with
// gtid_mode ON. The source wrote such transactions while gtid_mode was OFF_PERMISSIVE or
// ON_PERMISSIVE. A dump by GTID set may start at a file after them and so skip them. In a dump by
// file and offset, the source refuses to send them until gtid_mode is ON_PERMISSIVE.
//
// A dump by GTID set skips a file only if we have all its GTIDs, and fails at an anonymous
// transaction that it does not skip. So it is enough to check the first transaction after our
// position in its file and the first of each later file. False if the source does not have that
// file. Errors as Connection::Query.
absl::StatusOr<bool> AnonymousTransactionsFollow(Connection& connection,
                                                 const SourcePosition& ours);

}  // namespace millrace
