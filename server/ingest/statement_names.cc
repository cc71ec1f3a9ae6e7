// SPDX-License-Identifier: Apache-2.0

#include "ingest/statement_names.h"

#include <algorithm>
#include <string>
#include <utility>

namespace millrace::ingest {
namespace {

// False: the folded name is unknown.
bool Fold(const NameFolding& names, std::string& name) {
  std::optional<std::string> folded = names.Fold(name);
  if (!folded.has_value()) return false;
  name = *std::move(folded);
  return true;
}

bool Fold(const NameFolding& names, TableName& table) {
  return Fold(names, table.database) && Fold(names, table.table);
}

bool FoldAll(const NameFolding& names, schema::Statement& statement) {
  const auto fold = [&names](TableName& table) { return Fold(names, table); };
  return std::all_of(statement.tables.begin(), statement.tables.end(), fold) &&
         std::all_of(statement.tables_from_partitions.begin(),
                     statement.tables_from_partitions.end(), fold) &&
         std::all_of(statement.tables_into_partitions.begin(),
                     statement.tables_into_partitions.end(), fold) &&
         std::all_of(statement.renames.begin(), statement.renames.end(),
                     [&fold](auto& rename) { return fold(rename.first) && fold(rename.second); }) &&
         Fold(names, statement.database);
}

// Removes repetitions: folding may make two names equal.
void RemoveRepeated(std::vector<TableName>& tables) {
  auto end = tables.begin();
  for (auto table = tables.begin(); table != tables.end(); ++table) {
    if (std::find(tables.begin(), end, *table) != end) continue;
    if (end != table) *end = std::move(*table);
    ++end;
  }
  tables.erase(end, tables.end());
}

}  // namespace

void FoldNames(const NameFolding& names, schema::Statement& statement) {
  if (!names.folds()) return;
  if (FoldAll(names, statement)) {
    RemoveRepeated(statement.tables);
    return;
  }
  if (statement.kind == schema::StatementKind::kRowStatement) {
    statement.tables.clear();
  } else {
    statement = schema::NotUnderstood();
  }
}

}  // namespace millrace::ingest
