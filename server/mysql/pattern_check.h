// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/snapshot_options.h"
#include "config/source_options.h"
#include "model/table_name.h"
#include "mysql/connection.h"
#include "mysql/source_check.h"

namespace millrace {

// The code of findings about patterns.
inline constexpr char kPatternMatchesNothing[] = "PATTERN_MATCHES_NOTHING";

// Returns `db.table` for the pattern `db.table.column`. A dot in backquotes is part of a name.
std::string_view WithoutColumn(std::string_view pattern);

// Returns those of `patterns` (as in TablePatterns) that match none of `tables`. Applies all
// excluding patterns to each including pattern. Omits excluding patterns with a wildcard, which are
// often meant for future tables.
std::vector<std::string> UnmatchedPatterns(const std::vector<std::string>& patterns,
                                           const std::vector<TableName>& tables);

// Adds a warning for each pattern of source.tables, snapshot.tables and source.exclude_columns that
// matches nothing at the source now: a typo would go unnoticed. `snapshots` may be null. Errors as
// Connection::Query.
absl::Status CheckPatternsMatch(Connection& connection, const SourceOptions& options,
                                const SnapshotOptions* snapshots, std::vector<Finding>& findings);

}  // namespace millrace
