// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "model/capture_rules.h"
#include "model/table_details.h"
#include "model/table_name.h"
#include "mysql/connection.h"

namespace millrace::snapshot {

// The source's current tables that are captured and match `wanted`. Includes tables among `known`
// (which the log has seen) that the source hides from our account. Fails like FetchTableNames.
absl::StatusOr<std::vector<TableName>> CapturedTables(Connection& connection,
                                                      const CaptureRules& rules,
                                                      const TablePatterns& wanted,
                                                      const std::vector<TableName>& known = {});

// The error for a MERGE table, which cannot be read: SNAPSHOT_UNAVAILABLE.
absl::Status MergeTableError(const TableDetails& details);

// Checks the captured tables that `wanted` names without a wildcard and that are not in `visible`.
// OK if they do not exist. kPermissionDenied SOURCE_ACCESS_DENIED: the source hides one, or would
// not reveal that it is missing. Also fails like MergeTableError and FetchTableDetails.
absl::Status CheckNamedTablesReadable(Connection& connection, const CaptureRules& rules,
                                      const TablePatterns& wanted,
                                      const std::vector<TableName>& visible);

}  // namespace millrace::snapshot
