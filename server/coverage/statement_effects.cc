// SPDX-License-Identifier: Apache-2.0

#include "coverage/statement_effects.h"

#include <utility>

namespace millrace::coverage {
namespace {

using schema::Statement;
using schema::StatementVerb;
using Effects = std::vector<std::pair<TableName, TableEffect>>;

// If the statement hit a temporary table of the same name, the table did not change.
TableEffect EmptiedOrAltered(const Statement& statement) {
  return statement.may_be_temporary ? TableEffect::kAltered : TableEffect::kEmptied;
}

void AddRenames(const Statement& statement, Effects& effects) {
  for (const auto& [from, to] : statement.renames) {
    effects.emplace_back(from, EmptiedOrAltered(statement));
    effects.emplace_back(to, TableEffect::kUnseenRows);
  }
}

void AddAll(const Statement& statement, TableEffect effect, Effects& effects) {
  for (const TableName& table : statement.tables) effects.emplace_back(table, effect);
}

}  // namespace

Effects EffectsOf(const Statement& statement, bool truncates) {
  Effects effects;
  if (statement.temporary) return effects;
  if (truncates) {
    AddAll(statement, EmptiedOrAltered(statement), effects);
    return effects;
  }
  switch (statement.verb) {
    case StatementVerb::kCreate:
      // With IF NOT EXISTS the binlog does not record whether the table existed, and with which
      // rows.
      if (statement.if_not_exists && !statement.or_replace) break;
      AddAll(statement, TableEffect::kEmptied, effects);
      break;
    case StatementVerb::kDrop:
    case StatementVerb::kTruncate:
      AddAll(statement, TableEffect::kEmptied, effects);
      break;
    case StatementVerb::kRename:
      AddRenames(statement, effects);
      break;
    case StatementVerb::kAlter:
      if (statement.index_only) break;
      // Later effects on a table replace earlier ones: add the alteration first, so that the old
      // name of a renamed table ends as emptied.
      AddAll(statement, TableEffect::kAltered, effects);
      AddRenames(statement, effects);
      for (const TableName& table : statement.tables_from_partitions) {
        effects.emplace_back(table, TableEffect::kUnseenRows);
      }
      for (const TableName& table : statement.tables_into_partitions) {
        effects.emplace_back(table, TableEffect::kEmptied);
      }
      break;
    case StatementVerb::kOther:
      break;
  }
  return effects;
}

bool DropsDatabase(const Statement& statement) {
  if (statement.database.empty()) return false;
  return statement.verb == StatementVerb::kDrop ||
         (statement.verb == StatementVerb::kCreate && statement.or_replace);
}

}  // namespace millrace::coverage
