// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/table_name.h"

namespace millrace {

// True for the databases of the server itself: mysql, sys, performance_schema, information_schema.
// Not ndbinfo: where there is no NDB it may be a user's, and what NDB shows there is not logged.
bool IsSystemDatabase(std::string_view database);

// What of the source is captured: the tables that configuration names, never those of a system
// database, without the columns that it excludes. Nothing else decides this. Immutable;
// thread-safe.
class CaptureRules {
 public:
  // Captures all tables but those of system databases.
  CaptureRules() = default;
  // As `source.tables` and `source.exclude_columns`. kInvalidArgument, reason
  // TABLE_PATTERN_MALFORMED, names the pattern.
  static absl::StatusOr<CaptureRules> Parse(const std::vector<std::string>& tables,
                                            const std::vector<std::string>& excluded_columns = {});

  bool Captures(std::string_view database, std::string_view table) const;
  bool Captures(const TableName& table) const { return Captures(table.database, table.table); }
  // Whether a table of the database may be captured.
  bool MayCapture(std::string_view database) const;
  // The captured tables that configuration names without a wildcard.
  std::vector<TableName> NamedTables() const;

  // Of a captured table. Case and accents of the column's name do not count, as they do not for a
  // source: an ALTER that spells the name differently must not let an excluded column in.
  bool CapturesColumn(const TableName& table, std::string_view column) const {
    return !excluded_columns_.Matches(table, column);
  }
  // As given to Parse.
  const std::vector<std::string>& excluded_columns() const { return excluded_patterns_; }

 private:
  TablePatterns tables_;
  ColumnPatterns excluded_columns_;
  std::vector<std::string> excluded_patterns_;
};

}  // namespace millrace
