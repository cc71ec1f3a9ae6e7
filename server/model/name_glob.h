// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace millrace {

// A name in which `*` stands for any run of characters. Immutable after Parse; thread-safe.
class NameGlob {
 public:
  // Parses names joined by dots, as many as `form`, for example `database.table`, has. Names that
  // hold `.`, `*`, `!` or a backquote are written in backquotes, doubled inside.
  // kInvalidArgument, reason TABLE_PATTERN_MALFORMED, names the pattern and tells the form.
  static absl::StatusOr<std::vector<NameGlob>> ParseAll(std::string_view text,
                                                        std::string_view form);

  // Never backtracks over a star.
  bool Matches(std::string_view name) const;
  // The same, with names compared as the server compares those of columns: NameWeights.
  bool MatchesIgnoringCaseAndAccents(std::string_view name) const;
  // A star alone: matches every name.
  bool matches_all() const;
  // Without any star; then it matches plain_name() alone.
  bool plain() const { return pieces_.size() == 1; }
  const std::string& plain_name() const { return pieces_.front(); }

 private:
  // Literal pieces between the stars.
  std::vector<std::string> pieces_{""};
};

}  // namespace millrace
