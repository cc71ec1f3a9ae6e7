// SPDX-License-Identifier: Apache-2.0

#include "schema/statement_doubt.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace::schema {
namespace {

bool IsDefinition(const Statement& statement) {
  return statement.kind == StatementKind::kDefinition || statement.kind == StatementKind::kTruncate;
}

bool IsOfDatabase(const Statement& statement) { return !statement.database.empty(); }

bool CanBeMerged(const Statement& first, const Statement& other) {
  if (!IsDefinition(first) || !IsDefinition(other)) return false;
  if (first.may_concern_any_table || other.may_concern_any_table) return false;
  if (IsOfDatabase(first) || IsOfDatabase(other)) return false;
  return first.temporary == other.temporary && first.has_query == other.has_query &&
         first.starts_transaction == other.starts_transaction;
}

void Add(const TableName& table, std::vector<TableName>& tables) {
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
}

// Tables that have rows after it which were not theirs before.
void AddArrived(const Statement& statement, std::vector<TableName>& tables) {
  for (const auto& [from, to] : statement.renames) Add(to, tables);
  for (const TableName& table : statement.made_of_partitions) Add(table, tables);
}

Statement Merged(const Statement& first, const Statement& other) {
  Statement merged;
  merged.kind = StatementKind::kDefinition;
  merged.in_doubt = true;
  merged.withheld = true;
  merged.temporary = first.temporary;
  merged.has_query = first.has_query;
  merged.starts_transaction = first.starts_transaction;
  const bool drops = first.verb == StatementVerb::kDrop && other.verb == StatementVerb::kDrop;
  if (merged.temporary && !drops) {
    // Nobody shall take the other table for a temporary one.
    return merged;
  }
  merged.verb = merged.temporary ? StatementVerb::kDrop : StatementVerb::kAlter;
  for (const Statement* statement : {&first, &other}) {
    for (const TableName& table : statement->tables) Add(table, merged.tables);
    AddArrived(*statement, merged.made_of_partitions);
  }
  merged.column_renames = first.column_renames;
  return merged;
}

}  // namespace

Statement EitherOf(Statement first, const Statement& other) {
  Statement alike = other;
  alike.withheld = first.withheld = first.withheld || other.withheld;
  if (first == alike) return first;
  if (CanBeMerged(first, other)) return Merged(first, other);
  if (first.kind == other.kind && !IsDefinition(first)) {
    // Of a kRowStatement.
    first.tables.clear();
    return first;
  }
  return NotUnderstood();
}

}  // namespace millrace::schema
