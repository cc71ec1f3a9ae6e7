// SPDX-License-Identifier: Apache-2.0

#include "ingest/temporary_tables.h"

#include <algorithm>

namespace millrace::ingest {
namespace {

using schema::StatementVerb;

// On MySQL, RENAME TABLE does not affect temporary tables.
bool MayRename(Flavour flavour, const schema::Statement& statement) {
  return flavour == Flavour::kMariadb && statement.verb == StatementVerb::kRename;
}

bool IsMarked(const binlog::EventHeader& header, const schema::Statement& statement) {
  const bool marked = (header.flags & binlog::EventHeader::kFlagThreadSpecific) != 0;
  return marked &&
         (statement.verb == StatementVerb::kTruncate || statement.verb == StatementVerb::kAlter);
}

}  // namespace

void TemporaryTables::Apply(const binlog::EventHeader& header, uint32_t thread, Flavour flavour,
                            schema::Statement& statement) {
  const auto key = [&](const TableName& table) { return Key(header.server_id, thread, table); };
  if (statement.temporary) {
    for (const TableName& table : statement.tables) {
      if (statement.verb == StatementVerb::kCreate) tables_.insert(key(table));
      if (statement.verb == StatementVerb::kDrop) tables_.erase(key(table));
    }
    if (tables_.size() > kTablesMax) tables_.clear();
    return;
  }
  if (statement.tables.empty()) return;
  if (MayRename(flavour, statement)) {
    // RENAME is not marked, and the creation of a temporary table may not be in the binlog
    // (sql_log_bin).
    statement.may_be_temporary = true;
  } else if (IsMarked(header, statement)) {
    std::set<TableName> new_names;
    for (const auto& [from, to] : statement.renames) new_names.insert(to);
    statement.temporary =
        std::all_of(statement.tables.begin(), statement.tables.end(), [&](const TableName& table) {
          return tables_.contains(key(table)) || new_names.contains(table);
        });
    statement.may_be_temporary = !statement.temporary;
  } else {
    return;
  }
  for (const auto& [from, to] : statement.renames) {
    if (tables_.erase(key(from)) > 0) tables_.insert(key(to));
  }
}

}  // namespace millrace::ingest
