// SPDX-License-Identifier: Apache-2.0

#include "mysql/table_access.h"

#include <string>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "model/quoted.h"
#include "mysql/grant_check.h"
#include "mysql/query_rows.h"

namespace millrace {
namespace {

absl::StatusOr<std::vector<std::string>> ReadableColumns(Connection& connection,
                                                         const TableName& table) {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query(fmt::format(
          "SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND "
          "TABLE_NAME = {} AND PRIVILEGES LIKE '%select%' ORDER BY ORDINAL_POSITION",
          QuotedText(table.database), QuotedText(table.table))));
  std::vector<std::string> names;
  names.reserve(rows.rows.size());
  for (const QueryRow& row : rows.rows) names.push_back(Quoted(rows.Text(row, {"name"})));
  return names;
}

absl::Status TryToRead(Connection& connection, const TableName& table, std::string_view sql) {
  const absl::Status status = connection.Query(sql).status();
  return absl::IsPermissionDenied(status) ? TableAccessDenied(connection, table) : status;
}

}  // namespace

absl::Status CheckDefinitionAccess(Connection& connection, const TableName& table) {
  // The only read-only statement for which SELECT on some of the columns is not enough.
  return TryToRead(connection, table, fmt::format("SHOW CREATE TABLE {}", QuotedName(table)));
}

absl::Status CheckRowAccess(Connection& connection, const TableName& table) {
  return TryToRead(connection, table, fmt::format("SELECT * FROM {} LIMIT 0", QuotedName(table)));
}

absl::Status TableAccessDenied(Connection& connection, const TableName& table) {
  MILLRACE_ASSIGN_OR_RETURN(const std::string account, AccountName(connection));
  MILLRACE_ASSIGN_OR_RETURN(const auto columns, ReadableColumns(connection, table));
  const std::string remedy = fmt::format("GRANT SELECT ON {} TO {};", QuotedName(table), account);
  const std::string name = Quoted(table.ToString());
  const std::string what =
      columns.empty()
          ? fmt::format("does not let {} read table {}, or has no such table", account, name)
          : fmt::format(
                "lets {} read only some columns of table {} ({}), and rows without the "
                "others would be wrong",
                account, name, fmt::join(columns, ", "));
  return MakeError(
      reason::kSourceAccessDenied,
      fmt::format("the source {} {}; run on the source: {}", connection.endpoint(), what, remedy),
      {{"source", connection.endpoint()}, {"table", table.ToString()}, {"remedy", remedy}});
}

}  // namespace millrace
