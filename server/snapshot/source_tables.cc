// SPDX-License-Identifier: Apache-2.0

#include "snapshot/source_tables.h"

#include <algorithm>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "mysql/table_access.h"
#include "mysql/table_details.h"
#include "mysql/table_key.h"

namespace millrace::snapshot {
namespace {

// OK if the account can see whether the table exists.
absl::Status CheckVisible(Connection& connection, const TableName& table) {
  // SHOW CREATE of a view needs another privilege, and views are never read.
  MILLRACE_ASSIGN_OR_RETURN(const bool is_view, IsView(connection, table));
  if (is_view) return absl::OkStatus();
  const absl::Status status = CheckDefinitionAccess(connection, table);
  const bool matters = absl::IsPermissionDenied(status) || absl::IsUnavailable(status);
  return matters ? status : absl::OkStatus();
}

bool Contains(const std::vector<TableName>& sorted, const TableName& table) {
  return std::binary_search(sorted.begin(), sorted.end(), table);
}

}  // namespace

absl::Status MergeTableError(const TableDetails& details) {
  std::vector<std::string> tables;
  for (const TableName& table : details.merged) tables.push_back(table.ToString());
  return MakeError(reason::kSnapshotUnavailable,
                   fmt::format("{} is a MERGE table without rows of its own: read the tables "
                               "that it shows instead ({})",
                               details.name.ToString(), fmt::join(tables, ", ")),
                   {{"table", details.name.ToString()}});
}

absl::StatusOr<std::vector<TableName>> CapturedTables(Connection& connection,
                                                      const CaptureRules& rules,
                                                      const TablePatterns& wanted,
                                                      const std::vector<TableName>& known) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<TableName> tables, FetchTableNames(connection));
  std::vector<TableName> hidden;
  for (const TableName& table : known) {
    if (Contains(tables, table) || !rules.Captures(table)) continue;
    if (!wanted.Matches(table.database, table.table)) continue;
    const absl::Status visible = CheckVisible(connection, table);
    if (absl::IsUnavailable(visible)) return visible;
    if (!visible.ok()) hidden.push_back(table);
  }
  std::erase_if(tables, [&](const TableName& table) {
    return !rules.Captures(table) || !wanted.Matches(table.database, table.table);
  });
  tables.insert(tables.end(), hidden.begin(), hidden.end());
  std::sort(tables.begin(), tables.end());
  return tables;
}

absl::Status CheckNamedTablesReadable(Connection& connection, const CaptureRules& rules,
                                      const TablePatterns& wanted,
                                      const std::vector<TableName>& visible) {
  for (const TableName& table : wanted.PlainNames()) {
    if (!rules.Captures(table) || Contains(visible, table)) continue;
    MILLRACE_ASSIGN_OR_RETURN(const auto details, FetchTableDetails(connection, table));
    if (details.has_value() && details->merge) return MergeTableError(*details);
  }
  return absl::OkStatus();
}

}  // namespace millrace::snapshot
