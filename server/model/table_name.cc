#include "model/table_name.h"

#include <algorithm>

#include "base/error.h"
#include "fmt/format.h"
#include "model/quoted.h"

namespace millrace {
namespace {

// Each pattern is tried for each table once per subscription; this bounds that work.
constexpr size_t kPatternsMax = 1000;

absl::Status PatternMalformed(std::string_view pattern, std::string_view why) {
  const std::string shown = Quoted(pattern);
  return MakeError(absl::StatusCode::kInvalidArgument, "TABLE_PATTERN_MALFORMED",
                   fmt::format("table pattern {} {}: write database.table, with * for any "
                               "characters, ! in front to exclude, backquotes around odd names",
                               shown, why),
                   {{"pattern", shown}});
}

// Takes `wanted` off the front of `text`, or leaves it.
bool TakePrefix(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

bool TakeSuffix(std::string_view& text, std::string_view wanted) {
  if (!text.ends_with(wanted)) return false;
  text.remove_suffix(wanted.size());
  return true;
}

// Takes a name in backquotes, the first of which is gone from `text`, and appends it unquoted.
// False if the end is missing.
bool TakeQuoted(std::string_view& text, std::string& to) {
  while (true) {
    const size_t end = text.find('`');
    if (end == std::string_view::npos) return false;
    to.append(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!TakePrefix(text, "`")) return true;
    to.push_back('`');
  }
}

}  // namespace

bool TablePatterns::Glob::Matches(std::string_view name) const {
  if (plain()) return name == pieces.front();
  if (!TakePrefix(name, pieces.front())) return false;
  if (!TakeSuffix(name, pieces.back())) return false;
  // The leftmost place of each piece leaves the most for those after it.
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t found = name.find(pieces[i]);
    if (found == std::string_view::npos) return false;
    name.remove_prefix(found + pieces[i].size());
  }
  return true;
}

absl::StatusOr<TablePatterns::Pattern> TablePatterns::ParsePattern(std::string_view text) {
  const std::string_view whole = text;
  Pattern pattern;
  Glob* side = &pattern.database;
  TakePrefix(text, "!");
  while (!text.empty()) {
    const char next = text.front();
    text.remove_prefix(1);
    if (next == '`') {
      if (!TakeQuoted(text, side->pieces.back())) {
        return PatternMalformed(whole, "lacks a closing backquote");
      }
    } else if (next == '*') {
      side->pieces.emplace_back();
    } else if (next == '.') {
      if (side == &pattern.table) return PatternMalformed(whole, "has a second dot");
      side = &pattern.table;
    } else if (next == '!') {
      return PatternMalformed(whole, "has a '!' inside");
    } else {
      side->pieces.back().push_back(next);
    }
  }
  if (side == &pattern.database) return PatternMalformed(whole, "has no dot");
  for (const Glob* glob : {&pattern.database, &pattern.table}) {
    if (glob->plain() && glob->pieces.front().empty()) {
      return PatternMalformed(whole, "has an empty side");
    }
  }
  return pattern;
}

absl::StatusOr<TablePatterns> TablePatterns::Parse(const std::vector<std::string>& patterns) {
  if (patterns.size() > kPatternsMax) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "TABLE_PATTERN_MALFORMED",
        fmt::format("{} table patterns, at most {} are taken", patterns.size(), kPatternsMax));
  }
  TablePatterns result;
  for (const std::string& text : patterns) {
    MILLRACE_ASSIGN_OR_RETURN(Pattern pattern, ParsePattern(text));
    auto& to = text.starts_with('!') ? result.excludes_ : result.includes_;
    to.push_back(std::move(pattern));
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

std::vector<TableName> TablePatterns::PlainNames() const {
  std::vector<TableName> names;
  for (const Pattern& pattern : includes_) {
    if (!pattern.database.plain() || !pattern.table.plain()) continue;
    names.push_back({pattern.database.pieces.front(), pattern.table.pieces.front()});
  }
  return names;
}

}  // namespace millrace
