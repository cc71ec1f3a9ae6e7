// SPDX-License-Identifier: Apache-2.0

#include "model/name_glob.h"

#include <algorithm>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "model/name_weights.h"
#include "model/quoted.h"

namespace millrace {
namespace {

absl::Status PatternMalformed(std::string_view pattern, std::string_view form,
                              std::string_view why) {
  const std::string shown = Quoted(pattern);
  return MakeError(reason::kTablePatternMalformed,
                   fmt::format("pattern {} {}: write {}, with * for any characters, and "
                               "backquotes around names with special characters",
                               shown, why, form),
                   {{"pattern", shown}});
}

// Removes `wanted` from the start of `text`. False, and no change, if `text` does not start with
// it.
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

// Removes a name in backquotes from `text`, which starts after the first backquote, and appends the
// name without quotes. False if the closing backquote is missing.
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

absl::StatusOr<std::vector<NameGlob>> NameGlob::ParseAll(std::string_view text,
                                                         std::string_view form) {
  const std::string_view whole = text;
  const auto names = static_cast<size_t>(1 + std::count(form.begin(), form.end(), '.'));
  std::vector<NameGlob> globs(1);
  while (!text.empty()) {
    std::vector<std::string>& pieces = globs.back().pieces_;
    const char next = text.front();
    text.remove_prefix(1);
    if (next == '`') {
      if (!TakeQuoted(text, pieces.back())) {
        return PatternMalformed(whole, form, "lacks a closing backquote");
      }
    } else if (next == '*') {
      pieces.emplace_back();
    } else if (next == '.') {
      if (globs.size() == names) return PatternMalformed(whole, form, "has too many dots");
      globs.emplace_back();
    } else if (next == '!') {
      return PatternMalformed(whole, form, "has a '!' inside");
    } else {
      pieces.back().push_back(next);
    }
  }
  if (globs.size() < names) return PatternMalformed(whole, form, "has too few dots");
  const auto is_empty = [](const NameGlob& glob) {
    return glob.plain() && glob.plain_name().empty();
  };
  if (std::any_of(globs.begin(), globs.end(), is_empty)) {
    return PatternMalformed(whole, form, "has an empty name");
  }
  return globs;
}

bool NameGlob::matches_all() const {
  return !plain() && std::all_of(pieces_.begin(), pieces_.end(),
                                 [](const std::string& piece) { return piece.empty(); });
}

bool NameGlob::MatchesIgnoringCaseAndAccents(std::string_view name) const {
  NameGlob folded;
  folded.pieces_.clear();
  for (const std::string& piece : pieces_) folded.pieces_.push_back(NameWeights(piece));
  return folded.Matches(NameWeights(name));
}

bool NameGlob::Matches(std::string_view name) const {
  if (plain()) return name == plain_name();
  if (!TakePrefix(name, pieces_.front())) return false;
  if (!TakeSuffix(name, pieces_.back())) return false;
  // The leftmost match of each piece leaves the most room for the next pieces.
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const size_t found = name.find(pieces_[i]);
    if (found == std::string_view::npos) return false;
    name.remove_prefix(found + pieces_[i].size());
  }
  return true;
}

}  // namespace millrace
