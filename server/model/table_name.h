// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/name_glob.h"

namespace millrace {

// A table name as the source spells it. Comparisons are case-sensitive.
struct TableName {
  std::string database;
  std::string table;

  // `database.table` for messages and patterns.
  std::string ToString() const { return database + "." + table; }
  friend auto operator<=>(const TableName&, const TableName&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const TableName& name) {
    return H::combine(std::move(hash), name.database, name.table);
  }
};

// Patterns `database.table` that select tables. `*` matches any run of characters; a leading `!`
// makes the pattern an exclusion. A table matches if an inclusion matches it and no exclusion does.
// Without inclusions, every table counts as included. A name that contains `.`, `*`, `!` or a
// backquote is written in backquotes, with backquotes inside doubled: `` `odd.db`.`t*` ``. Matching
// does not backtrack. Immutable after Parse; thread-safe.
class TablePatterns {
 public:
  // Matches every table.
  TablePatterns() = default;
  // Accepts at most 1,000 patterns. kInvalidArgument, reason TABLE_PATTERN_MALFORMED: the message
  // names the pattern.
  static absl::StatusOr<TablePatterns> Parse(const std::vector<std::string>& patterns);

  bool Matches(std::string_view database, std::string_view table) const;
  // Whether any table of the database can match.
  bool MayMatch(std::string_view database) const;
  // The inclusions without a wildcard: each names one table, which should exist.
  std::vector<TableName> PlainNames() const;
  bool empty() const { return includes_.empty() && excludes_.empty(); }

 private:
  struct Pattern {
    NameGlob database;
    NameGlob table;
  };
  static bool AnyMatches(const std::vector<Pattern>& patterns, std::string_view database,
                         std::string_view table);

  std::vector<Pattern> includes_;
  std::vector<Pattern> excludes_;
};

// Patterns `database.table.column` that select columns, written like TablePatterns but without `!`.
// Immutable after Parse; thread-safe.
class ColumnPatterns {
 public:
  // Matches no column.
  ColumnPatterns() = default;
  // Accepts at most 1,000 patterns. kInvalidArgument, reason TABLE_PATTERN_MALFORMED: the message
  // names the pattern.
  static absl::StatusOr<ColumnPatterns> Parse(const std::vector<std::string>& patterns);

  // Ignores case and accents in the column's name, as the source does.
  bool Matches(const TableName& table, std::string_view column) const;
  bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    NameGlob database;
    NameGlob table;
    NameGlob column;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace millrace
