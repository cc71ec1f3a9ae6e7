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

// Name of a table as the source spells it. Case is kept and compared as is.
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

// Which tables somebody wants: `database.table`, where `*` stands for any run of characters, and a
// leading `!` excludes. A table matches if a pattern includes it, or none includes at all, and no
// pattern excludes it. Names that hold
// `.`, `*`, `!` or a backquote are written in backquotes, doubled inside: `` `odd.db`.`t*` ``.
// Matching never backtracks over a star. Immutable after Parse; thread-safe.
class TablePatterns {
 public:
  // Matches every table.
  TablePatterns() = default;
  // kInvalidArgument, reason TABLE_PATTERN_MALFORMED, names the pattern. At most 1,000 patterns.
  static absl::StatusOr<TablePatterns> Parse(const std::vector<std::string>& patterns);

  bool Matches(std::string_view database, std::string_view table) const;
  // Whether some table of the database may match.
  bool MayMatch(std::string_view database) const;
  // The included patterns without wildcard: each must be a table that exists.
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

// A set of columns as patterns `database.table.column`, written like those of tables but without
// `!`. Immutable after Parse; thread-safe.
class ColumnPatterns {
 public:
  // Matches no column.
  ColumnPatterns() = default;
  // kInvalidArgument, reason TABLE_PATTERN_MALFORMED, names the pattern. At most 1,000 patterns.
  static absl::StatusOr<ColumnPatterns> Parse(const std::vector<std::string>& patterns);

  // Without regard to case and accents of the column's name, as to the source.
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
