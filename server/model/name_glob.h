// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace millrace {

// A name pattern in which `*` matches any run of characters. Immutable after ParseAll; thread-safe.
class NameGlob {
 public:
  // Parses names joined by dots, as many as in `form`, for example `database.table`. A name that
  // contains `.`, `*`, `!` or a backquote is written in backquotes, with backquotes inside doubled.
  // kInvalidArgument, reason TABLE_PATTERN_MALFORMED: the message names the pattern and the form.
  static absl::StatusOr<std::vector<NameGlob>> ParseAll(std::string_view text,
                                                        std::string_view form);

  // Does not backtrack, however many stars the pattern has.
  bool Matches(std::string_view name) const;
  // The same, but compares as the server compares column names, see NameWeights.
  bool MatchesIgnoringCaseAndAccents(std::string_view name) const;
  // True if the pattern consists only of stars, so that it matches every name.
  bool matches_all() const;
  // True if the pattern has no star, so that it matches only plain_name().
  bool plain() const { return pieces_.size() == 1; }
  const std::string& plain_name() const { return pieces_.front(); }

 private:
  // Literal pieces between the stars.
  std::vector<std::string> pieces_{""};
};

}  // namespace millrace
