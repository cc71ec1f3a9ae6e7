// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "mysql/connection.h"

namespace millrace {

// How a source keeps names of databases and tables that its statements spell otherwise. With
// lower_case_table_names = 1 it keeps them in lower case: row events and information_schema have
// them so, statements in the binlog as they were typed. Immutable; thread-safe.
class NameFolding {
 public:
  // Characters beyond ASCII that change, in UTF-8, and what they become. Nothing: it is not known.
  using Letters = std::map<std::string, std::optional<std::string>, std::less<>>;

  // Names are kept as they are typed.
  NameFolding() = default;
  // They are kept in lower case.
  static NameFolding ToLower(Letters letters);

  bool folds() const { return folds_; }
  // The name as it is kept; nothing if that cannot be said.
  std::optional<std::string> Fold(std::string_view name) const;

 private:
  bool folds_ = false;
  Letters letters_;
};

// Learns it from the source: letters of other alphabets have become others in one version than in
// another. Failures are those of queries.
absl::StatusOr<NameFolding> FetchNameFolding(Connection& connection);

}  // namespace millrace
