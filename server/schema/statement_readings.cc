// SPDX-License-Identifier: Apache-2.0

#include "schema/statement_readings.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace::schema {
namespace {

bool IsDefinition(const Statement& statement) {
  return statement.kind == StatementKind::kDefinition || statement.kind == StatementKind::kTruncate;
}

bool ConcernsDatabase(const Statement& statement) { return !statement.database.empty(); }

bool CanBeMerged(const Statement& first, const Statement& other) {
  if (!IsDefinition(first) || !IsDefinition(other)) return false;
  if (first.may_concern_any_table || other.may_concern_any_table) return false;
  if (ConcernsDatabase(first) || ConcernsDatabase(other)) return false;
  return first.temporary == other.temporary && first.has_query == other.has_query &&
         first.starts_transaction == other.starts_transaction;
}

void Add(const TableName& table, std::vector<TableName>& tables) {
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
}

// Adds the tables that get rows of another table.
void AddTablesWithNewRows(const Statement& statement, std::vector<TableName>& tables) {
  for (const auto& [from, to] : statement.renames) Add(to, tables);
  for (const TableName& table : statement.tables_from_partitions) Add(table, tables);
}

Statement Merged(const Statement& first, const Statement& other) {
  Statement merged;
  merged.kind = StatementKind::kDefinition;
  merged.ambiguous = true;
  merged.withheld = true;
  merged.temporary = first.temporary;
  merged.has_query = first.has_query;
  merged.starts_transaction = first.starts_transaction;
  const bool drops = first.verb == StatementVerb::kDrop && other.verb == StatementVerb::kDrop;
  if (merged.temporary && !drops) {
    // Without table names, the caller remembers neither table as temporary.
    return merged;
  }
  merged.verb = merged.temporary ? StatementVerb::kDrop : StatementVerb::kAlter;
  for (const Statement* statement : {&first, &other}) {
    for (const TableName& table : statement->tables) Add(table, merged.tables);
    AddTablesWithNewRows(*statement, merged.tables_from_partitions);
  }
  merged.column_renames = first.column_renames;
  return merged;
}

}  // namespace

Statement MergeReadings(Statement first, const Statement& other) {
  Statement adjusted_other = other;
  adjusted_other.withheld = first.withheld = first.withheld || other.withheld;
  if (first == adjusted_other) return first;
  if (CanBeMerged(first, other)) return Merged(first, other);
  if (first.kind == other.kind && !IsDefinition(first)) {
    // The readings of a kRowStatement may name different tables.
    first.tables.clear();
    return first;
  }
  return NotUnderstood();
}

}  // namespace millrace::schema
