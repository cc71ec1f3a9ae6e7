// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/table_name.h"

namespace millrace {

// True for the server's own databases: mysql, sys, performance_schema, information_schema.
// Not for ndbinfo: without NDB it can be a user's database, and NDB's own ndbinfo is not logged.
bool IsSystemDatabase(std::string_view database);

// Decides which tables and columns are captured: the tables that the configuration selects, except
// those of system databases, without the excluded columns. No other code decides this. Immutable;
// thread-safe.
class CaptureRules {
 public:
  // Captures all tables outside system databases.
  CaptureRules() = default;
  // Takes the values of `source.tables` and `source.exclude_columns`. kInvalidArgument, reason
  // TABLE_PATTERN_MALFORMED: the message names the pattern.
  static absl::StatusOr<CaptureRules> Parse(const std::vector<std::string>& tables,
                                            const std::vector<std::string>& excluded_columns = {});

  bool Captures(std::string_view database, std::string_view table) const;
  bool Captures(const TableName& table) const { return Captures(table.database, table.table); }
  // Whether any table of the database can be captured.
  bool MayCapture(std::string_view database) const;
  // The captured tables that the configuration names without a wildcard.
  std::vector<TableName> NamedTables() const;

  // Requires: `table` is captured. Ignores case and accents in the column's name, as the source
  // does: an ALTER that spells the name differently must not let an excluded column in.
  bool CapturesColumn(const TableName& table, std::string_view column) const {
    return !excluded_columns_.Matches(table, column);
  }
  // The patterns passed to Parse.
  const std::vector<std::string>& excluded_columns() const { return excluded_patterns_; }

 private:
  TablePatterns tables_;
  ColumnPatterns excluded_columns_;
  std::vector<std::string> excluded_patterns_;
};

}  // namespace millrace
