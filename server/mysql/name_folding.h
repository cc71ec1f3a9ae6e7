// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "mysql/connection.h"

namespace millrace {

// How a source stores the names of databases and tables. With lower_case_table_names = 1 it stores
// them in lower case: row events and information_schema use the lower case, while statements in the
// binlog have the names as typed. Immutable; thread-safe.
class NameFolding {
 public:
  // Non-ASCII characters that change, and their lower case, in UTF-8. Absent: unknown.
  using Letters = std::map<std::string, std::optional<std::string>, std::less<>>;

  // Names are stored as typed.
  NameFolding() = default;
  // Names are stored in lower case.
  static NameFolding ToLower(Letters letters);

  bool folds() const { return folds_; }
  // The name as stored. Nothing if the lower case of one of its characters is unknown.
  std::optional<std::string> Fold(std::string_view name) const;

 private:
  bool folds_ = false;
  Letters letters_;
};

// Fetches the rules from the source, because the lower case of non-ASCII letters depends on its
// version. Errors as Connection::Query.
absl::StatusOr<NameFolding> FetchNameFolding(Connection& connection);

}  // namespace millrace
