// SPDX-License-Identifier: Apache-2.0

#include "mysql/table_key.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "model/capture_rules.h"
#include "mysql/errors.h"

namespace millrace {
namespace {

// An index, and whether it can identify rows.
struct Index {
  TableKey key;
  bool usable = true;
};

// Whether an index with this part, described by `row` of SHOW INDEX, can identify rows and be used
// in a FORCE INDEX.
bool IsUsable(const QueryRows& rows, const QueryRow& row) {
  const bool unique = rows.Text(row, {"Non_unique"}) == "0";
  const bool nullable = rows.Text(row, {"Null"}) == "YES";
  // Column_name is NULL for an expression.
  const bool column = !rows.Text(row, {"Column_name"}).empty();
  const bool prefix = !rows.Text(row, {"Sub_part"}).empty();
  // Queries cannot use MySQL's invisible and MariaDB's ignored indexes.
  const bool unused = rows.Text(row, {"Visible"}) == "NO" || rows.Text(row, {"Ignored"}) == "YES";
  // Hash indexes for unique columns that are too long for a tree have no order. Accept a hash
  // primary key: MEMORY tables have one.
  const bool hash =
      rows.Text(row, {"Index_type"}) == "HASH" && rows.Text(row, {"Key_name"}) != "PRIMARY";
  return unique && !nullable && column && !prefix && !unused && !hash;
}

// The indexes in the server's order: the primary key first. SHOW INDEX lists the parts of an index
// in order.
std::vector<Index> ParseIndexes(const QueryRows& rows) {
  std::vector<Index> indexes;
  for (const QueryRow& row : rows.rows) {
    std::string name = rows.Text(row, {"Key_name"});
    if (indexes.empty() || indexes.back().key.index != name) {
      indexes.push_back({{std::move(name), {}}, true});
    }
    Index& index = indexes.back();
    index.key.columns.push_back(rows.Text(row, {"Column_name"}));
    index.usable = index.usable && IsUsable(rows, row);
  }
  return indexes;
}

}  // namespace

absl::StatusOr<std::optional<TableKey>> FetchTableKey(Connection& connection,
                                                      const TableName& table) {
  // SHOW INDEX returns the columns that the server's version has. A query on information_schema
  // would have to name them.
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            connection.Query(fmt::format("SHOW INDEX FROM {}", QuotedName(table))));
  for (Index& index : ParseIndexes(rows)) {
    if (index.usable) return std::move(index.key);
  }
  return std::nullopt;
}

absl::StatusOr<bool> IsView(Connection& connection, const TableName& table) {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query(fmt::format("SELECT TABLE_TYPE AS type FROM information_schema.TABLES "
                                   "WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                                   QuotedText(table.database), QuotedText(table.table))));
  return !rows.rows.empty() && rows.Text(rows.rows[0], {"type"}) == "VIEW";
}

absl::StatusOr<std::vector<TableName>> FetchTableNames(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query("SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name "
                       "FROM information_schema.TABLES "
                       "WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') "
                       // Tables of NDBINFO show the state of a cluster.
                       "AND COALESCE(ENGINE, '') NOT IN ('MRG_MYISAM', 'NDBINFO')"));
  std::vector<TableName> names;
  for (const QueryRow& row : rows.rows) {
    TableName name{rows.Text(row, {"db"}), rows.Text(row, {"name"})};
    // The server would ignore case in this comparison.
    if (!IsSystemDatabase(name.database)) names.push_back(std::move(name));
  }
  // Sort by bytes: the server would use a collation.
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<uint64_t> FetchRowEstimate(Connection& connection, const TableName& table) {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query(fmt::format("SELECT TABLE_ROWS AS estimate FROM information_schema.TABLES "
                                   "WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                                   QuotedText(table.database), QuotedText(table.table))));
  if (rows.rows.empty()) return TableMissing(connection.endpoint(), table.ToString());
  const std::string text = rows.Text(rows.rows[0], {"estimate"});
  uint64_t estimate = 0;
  std::from_chars(text.data(), text.data() + text.size(), estimate);
  return estimate;
}

}  // namespace millrace
