// SPDX-License-Identifier: Apache-2.0

#include "model/capture_rules.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace millrace {

bool IsSystemDatabase(std::string_view database) {
  static constexpr std::array<std::string_view, 4> kDatabases = {
      "mysql", "sys", "performance_schema", "information_schema"};
  return std::find(kDatabases.begin(), kDatabases.end(), database) != kDatabases.end();
}

absl::StatusOr<CaptureRules> CaptureRules::Parse(const std::vector<std::string>& tables,
                                                 const std::vector<std::string>& excluded_columns) {
  CaptureRules rules;
  MILLRACE_ASSIGN_OR_RETURN(rules.tables_, TablePatterns::Parse(tables));
  MILLRACE_ASSIGN_OR_RETURN(rules.excluded_columns_, ColumnPatterns::Parse(excluded_columns));
  rules.excluded_patterns_ = excluded_columns;
  return rules;
}

bool CaptureRules::Captures(std::string_view database, std::string_view table) const {
  return tables_.Matches(database, table) && !IsSystemDatabase(database);
}

bool CaptureRules::MayCapture(std::string_view database) const {
  return !database.empty() && tables_.MayMatch(database) && !IsSystemDatabase(database);
}

std::vector<TableName> CaptureRules::NamedTables() const {
  std::vector<TableName> names = tables_.PlainNames();
  std::erase_if(names, [this](const TableName& name) { return !Captures(name); });
  return names;
}

}  // namespace millrace
