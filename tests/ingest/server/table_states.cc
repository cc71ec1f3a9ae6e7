// SPDX-License-Identifier: Apache-2.0

#include "ingest/server/table_states.h"

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace millrace::testing {
namespace {

std::string Text(const std::optional<std::string>& value) { return value.value_or("NULL"); }

std::string LineOf(const SqlRow& row) {
  std::string line;
  for (const auto& value : row) line += Text(value) + "|";
  return line;
}

std::string Backquoted(const std::string& name) {
  std::string text = "`";
  for (const char c : name) {
    text.push_back(c);
    if (c == '`') text.push_back(c);
  }
  return text + "`";
}

// Adds a line to each table for each row, which begins with its database and name.
void AddLines(SqlSession& session, const std::string& query, TableStates& states) {
  for (const SqlRow& row : session.MustQuery(query)) {
    const auto found = states.find({*row[0], *row[1]});
    if (found != states.end()) found->second.definition.push_back(LineOf(row));
  }
}

void ReadRows(SqlSession& session, const TableName& name, TableState& state) {
  std::vector<std::string> columns;
  for (const std::string& column : state.columns) columns.push_back(Backquoted(column));
  const auto rows =
      session.Query(fmt::format("SELECT {} FROM {}.{} ORDER BY 1, 2", fmt::join(columns, ", "),
                                Backquoted(name.database), Backquoted(name.table)));
  if (rows.ok()) {
    state.rows = *rows;
    return;
  }
  // One column, or a tablespace that was discarded.
  const auto less =
      session.Query(fmt::format("SELECT {} FROM {}.{} ORDER BY 1", fmt::join(columns, ", "),
                                Backquoted(name.database), Backquoted(name.table)));
  if (less.ok()) state.rows = *less;
}

}  // namespace

TableStates ReadStates(SqlSession& session, const std::vector<std::string>& databases) {
  const std::string where = fmt::format("table_schema IN ('{}')", fmt::join(databases, "', '"));
  TableStates states;
  for (const SqlRow& row : session.MustQuery(
           "SELECT table_schema, table_name, table_type, engine, row_format, create_options, "
           "table_comment, table_collation FROM information_schema.tables WHERE " +
           where)) {
    TableState& state = states[{*row[0], *row[1]}];
    state.is_table = *row[2] == "BASE TABLE" || *row[2] == "SYSTEM VERSIONED";
    state.definition.push_back(LineOf(row));
  }
  for (const SqlRow& row : session.MustQuery(
           "SELECT table_schema, table_name, column_name, ordinal_position, column_type, "
           "column_default, is_nullable, column_comment, extra, collation_name FROM "
           "information_schema.columns WHERE " +
           where + " ORDER BY table_schema, table_name, ordinal_position")) {
    const auto found = states.find({*row[0], *row[1]});
    if (found == states.end()) continue;
    found->second.definition.push_back(LineOf(row));
    found->second.columns.push_back(*row[2]);
  }
  AddLines(session,
           "SELECT table_schema, table_name, index_name, column_name, non_unique, index_type "
           "FROM information_schema.statistics WHERE " +
               where + " ORDER BY table_schema, table_name, index_name, seq_in_index",
           states);
  AddLines(session,
           "SELECT table_schema, table_name, partition_name, partition_description, "
           "partition_comment FROM information_schema.partitions WHERE " +
               where + " ORDER BY table_schema, table_name, partition_ordinal_position",
           states);
  AddLines(session,
           "SELECT table_schema, table_name, constraint_name, constraint_type FROM "
           "information_schema.table_constraints WHERE " +
               where + " ORDER BY table_schema, table_name, constraint_name, constraint_type",
           states);
  for (auto& [name, state] : states) {
    if (state.is_table) ReadRows(session, name, state);
  }
  return states;
}

}  // namespace millrace::testing
