// SPDX-License-Identifier: Apache-2.0

#include "snapshot/source_tables.h"

#include <algorithm>

#include "base/error.h"
#include "mysql/table_key.h"

namespace millrace::snapshot {

absl::StatusOr<std::vector<TableName>> CapturedTables(Connection& connection,
                                                      const CaptureRules& rules,
                                                      const TablePatterns& wanted) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<TableName> tables, FetchTableNames(connection));
  std::erase_if(tables, [&](const TableName& table) {
    return !rules.Captures(table) || !wanted.Matches(table.database, table.table);
  });
  return tables;
}

}  // namespace millrace::snapshot
