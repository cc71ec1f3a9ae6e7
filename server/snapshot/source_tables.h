// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "model/capture_rules.h"
#include "model/table_details.h"
#include "model/table_name.h"
#include "mysql/connection.h"

namespace millrace::snapshot {

// Tables that the source has now, are captured, and match `wanted`; also those among `known`, which
// the log has seen, that the source hides from our account. Errors as FetchTableNames.
absl::StatusOr<std::vector<TableName>> CapturedTables(Connection& connection,
                                                      const CaptureRules& rules,
                                                      const TablePatterns& wanted,
                                                      const std::vector<TableName>& known = {});

// Why a MERGE table is not read, SNAPSHOT_UNAVAILABLE.
absl::Status MergeTableError(const TableDetails& details);

// That each captured table which `wanted` names without a wildcard and is not among `visible` does
// not exist. kPermissionDenied SOURCE_ACCESS_DENIED: the source hides it, or has none and would not
// say so. As MergeTableError. Errors as FetchTableDetails.
absl::Status CheckNamedTablesReadable(Connection& connection, const CaptureRules& rules,
                                      const TablePatterns& wanted,
                                      const std::vector<TableName>& visible);

}  // namespace millrace::snapshot
