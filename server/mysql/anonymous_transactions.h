// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace {

// Whether transactions without a GTID may follow `ours` in the binlog of a MySQL source with
// gtid_mode ON. While gtid_mode was OFF_PERMISSIVE, the source wrote such ones. A dump by GTID set
// may begin at a file after them and so leave them out. Asked for by file and offset, the source
// refuses to send them until gtid_mode is ON_PERMISSIVE. Every change of gtid_mode begins a new
// file, so the first transaction of each file, from that of `ours` on, tells. False if the source
// does not have that file. Errors as Connection::Query.
absl::StatusOr<bool> AnonymousTransactionsFollow(Connection& connection,
                                                 const SourcePosition& ours);

}  // namespace millrace
