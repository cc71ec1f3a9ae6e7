// SPDX-License-Identifier: Apache-2.0

#include "model/table_name.h"

#include <algorithm>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

// Bounds the work for a table, which is compared with each pattern.
constexpr size_t kPatternsMax = 1000;

absl::Status CheckCount(const std::vector<std::string>& patterns) {
  if (patterns.size() <= kPatternsMax) return absl::OkStatus();
  return MakeError(reason::kTablePatternMalformed,
                   fmt::format("the list has {} patterns, but at most {} are allowed",
                               patterns.size(), kPatternsMax));
}

}  // namespace

absl::StatusOr<TablePatterns> TablePatterns::Parse(const std::vector<std::string>& patterns) {
  MILLRACE_RETURN_IF_ERROR(CheckCount(patterns));
  TablePatterns result;
  for (std::string_view text : patterns) {
    const bool excludes = text.starts_with('!');
    if (excludes) text.remove_prefix(1);
    MILLRACE_ASSIGN_OR_RETURN(std::vector<NameGlob> globs,
                              NameGlob::ParseAll(text, "database.table"));
    auto& to = excludes ? result.excludes_ : result.includes_;
    to.push_back({std::move(globs[0]), std::move(globs[1])});
  }
  return result;
}

bool TablePatterns::AnyMatches(const std::vector<Pattern>& patterns, std::string_view database,
                               std::string_view table) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) {
    return pattern.database.Matches(database) && pattern.table.Matches(table);
  });
}

bool TablePatterns::Matches(std::string_view database, std::string_view table) const {
  const bool included = includes_.empty() || AnyMatches(includes_, database, table);
  return included && !AnyMatches(excludes_, database, table);
}

bool TablePatterns::MayMatch(std::string_view database) const {
  const auto matches = [&](const Pattern& pattern) { return pattern.database.Matches(database); };
  if (!includes_.empty() && std::none_of(includes_.begin(), includes_.end(), matches)) return false;
  return std::none_of(excludes_.begin(), excludes_.end(), [&](const Pattern& pattern) {
    return matches(pattern) && pattern.table.matches_all();
  });
}

std::vector<TableName> TablePatterns::PlainNames() const {
  std::vector<TableName> names;
  for (const Pattern& pattern : includes_) {
    if (!pattern.database.plain() || !pattern.table.plain()) continue;
    names.push_back({pattern.database.plain_name(), pattern.table.plain_name()});
  }
  return names;
}

absl::StatusOr<ColumnPatterns> ColumnPatterns::Parse(const std::vector<std::string>& patterns) {
  MILLRACE_RETURN_IF_ERROR(CheckCount(patterns));
  ColumnPatterns result;
  for (const std::string& text : patterns) {
    MILLRACE_ASSIGN_OR_RETURN(std::vector<NameGlob> globs,
                              NameGlob::ParseAll(text, "database.table.column"));
    result.patterns_.push_back({std::move(globs[0]), std::move(globs[1]), std::move(globs[2])});
  }
  return result;
}

bool ColumnPatterns::Matches(const TableName& table, std::string_view column) const {
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) {
    return pattern.database.Matches(table.database) && pattern.table.Matches(table.table) &&
           pattern.column.MatchesIgnoringCaseAndAccents(column);
  });
}

}  // namespace millrace
