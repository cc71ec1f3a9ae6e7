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

// `db.table` of the pattern `db.table.column`; dots in backquotes are part of a name.
std::string_view WithoutColumn(std::string_view pattern);

// Those of `patterns`, as TablePatterns has them, that match none of `tables`: patterns that
// include, together with all that exclude, and plain names that are excluded. An excluding pattern
// with a wildcard is often meant for tables to come.
std::vector<std::string> UnmatchedPatterns(const std::vector<std::string>& patterns,
                                           const std::vector<TableName>& tables);

// Adds a warning for each pattern of source.tables, snapshot.tables and source.exclude_columns that
// matches nothing at the source now: a mistake in it would go unnoticed. `snapshots` may be null.
// Fails as queries do.
absl::Status CheckPatternsMatch(Connection& connection, const SourceOptions& options,
                                const SnapshotOptions* snapshots, std::vector<Finding>& findings);

}  // namespace millrace
