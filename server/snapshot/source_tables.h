// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "model/capture_rules.h"
#include "model/table_name.h"
#include "mysql/connection.h"

namespace millrace::snapshot {

// Tables that the source has now, are captured, and match `wanted`. Errors as FetchTableNames.
absl::StatusOr<std::vector<TableName>> CapturedTables(Connection& connection,
                                                      const CaptureRules& rules,
                                                      const TablePatterns& wanted);

}  // namespace millrace::snapshot
