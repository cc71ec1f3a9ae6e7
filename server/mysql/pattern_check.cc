// SPDX-License-Identifier: Apache-2.0

#include "mysql/pattern_check.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "config/closest.h"
#include "fmt/format.h"
#include "mysql/table_details.h"
#include "mysql/table_key.h"

namespace millrace {
namespace {

// The most tables that we query for one column pattern with wildcards.
constexpr size_t kTablesMax = 20;

bool Excludes(std::string_view pattern) { return pattern.starts_with('!'); }

bool AnyMatches(const TablePatterns& patterns, const std::vector<TableName>& tables) {
  return std::any_of(tables.begin(), tables.end(), [&](const TableName& table) {
    return patterns.Matches(table.database, table.table);
  });
}

// The remedy for a pattern: the most similar name, if there is one.
std::string Remedy(std::string_view option, const std::string& pattern,
                   const std::vector<TableName>& tables) {
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const TableName& table : tables) names.push_back(table.ToString());
  const bool excludes = Excludes(pattern);
  const std::string closest = ClosestName(pattern.substr(excludes ? 1 : 0), names);
  if (!closest.empty()) return fmt::format("{}: \"{}{}\"", option, excludes ? "!" : "", closest);
  return fmt::format("correct {} unless such tables are still to be created", option);
}

void WarnAboutUnmatchedTables(std::string_view option, const std::vector<std::string>& patterns,
                              const std::vector<TableName>& tables,
                              std::vector<Finding>& findings) {
  for (const std::string& pattern : UnmatchedPatterns(patterns, tables)) {
    findings.push_back({Severity::kWarning, kPatternMatchesNothing,
                        fmt::format("{} has '{}', which matches no table that the account can see "
                                    "now",
                                    option, pattern),
                        Remedy(option, pattern, tables)});
  }
}

// Whether a column matches. Also true if the pattern matches more than kTablesMax tables.
absl::StatusOr<bool> AnyColumnMatches(Connection& connection, const std::string& pattern,
                                      const std::vector<TableName>& tables) {
  MILLRACE_ASSIGN_OR_RETURN(const ColumnPatterns columns, ColumnPatterns::Parse({pattern}));
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns table_patterns,
                            TablePatterns::Parse({std::string(WithoutColumn(pattern))}));
  size_t seen = 0;
  for (const TableName& table : tables) {
    if (!table_patterns.Matches(table.database, table.table)) continue;
    if (++seen > kTablesMax) return true;
    const auto details = FetchTableDetails(connection, table);
    if (absl::IsUnavailable(details.status())) return details.status();
    // For example, the table was just altered. Do not fail the whole check because of a warning.
    if (!details.ok()) return true;
    if (!details->has_value()) continue;
    const std::vector<ColumnDetails>& known = (*details)->columns;
    const bool matches = std::any_of(known.begin(), known.end(), [&](const ColumnDetails& column) {
      return columns.Matches(table, column.name);
    });
    if (matches) return true;
  }
  return false;
}

}  // namespace

std::string_view WithoutColumn(std::string_view pattern) {
  bool quoted = false;
  size_t end = pattern.size();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '`') quoted = !quoted;
    if (pattern[i] == '.' && !quoted) end = i;
  }
  return pattern.substr(0, end);
}

std::vector<std::string> UnmatchedPatterns(const std::vector<std::string>& patterns,
                                           const std::vector<TableName>& tables) {
  std::vector<std::string> excluding;
  std::copy_if(patterns.begin(), patterns.end(), std::back_inserter(excluding), Excludes);
  std::vector<std::string> unmatched;
  for (const std::string& pattern : patterns) {
    const bool excludes = Excludes(pattern);
    std::vector<std::string> checked = excludes ? std::vector<std::string>() : excluding;
    checked.push_back(excludes ? pattern.substr(1) : pattern);
    const auto parsed = TablePatterns::Parse(checked);
    // An invalid pattern has been reported before.
    if (!parsed.ok() || AnyMatches(*parsed, tables)) continue;
    if (!excludes || !parsed->PlainNames().empty()) unmatched.push_back(pattern);
  }
  return unmatched;
}

absl::Status CheckPatternsMatch(Connection& connection, const SourceOptions& options,
                                const SnapshotOptions* snapshots, std::vector<Finding>& findings) {
  const bool any = !options.tables.empty() || !options.exclude_columns.empty() ||
                   (snapshots != nullptr && !snapshots->tables.empty());
  if (!any) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<TableName> tables, FetchTableNames(connection));
  WarnAboutUnmatchedTables("source.tables", options.tables, tables, findings);
  if (snapshots != nullptr)
    WarnAboutUnmatchedTables("snapshot.tables", snapshots->tables, tables, findings);
  for (const std::string& pattern : options.exclude_columns) {
    MILLRACE_ASSIGN_OR_RETURN(const bool matches, AnyColumnMatches(connection, pattern, tables));
    if (matches) continue;
    findings.push_back({Severity::kWarning, kPatternMatchesNothing,
                        fmt::format("source.exclude_columns has '{}', which matches no column that "
                                    "the account can see now",
                                    pattern),
                        "correct source.exclude_columns unless the column is still to be created"});
  }
  return absl::OkStatus();
}

}  // namespace millrace
