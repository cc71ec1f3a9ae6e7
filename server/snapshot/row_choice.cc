// SPDX-License-Identifier: Apache-2.0

#include "snapshot/row_choice.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "condition/bind.h"
#include "condition/condition.h"
#include "condition/sql.h"
#include "fmt/format.h"
#include "mysql/errors.h"
#include "mysql/table_details.h"
#include "mysql/table_key.h"
#include "schema/described_map.h"
#include "snapshot/chunk_query.h"

namespace millrace::snapshot {
namespace {

using condition::BoundCondition;
using condition::Comparison;
using condition::TableColumns;

// The same error, with the request field it concerns.
absl::Status WithField(const absl::Status& status, std::string_view field) {
  ErrorMetadata metadata = ErrorMetadataOf(status);
  metadata["field"] = field;
  return Reworded(status, status.code(), fmt::format("{} {}", field, std::string(status.message())),
                  metadata);
}

absl::StatusOr<BoundCondition> BindWhere(const std::string& where, const TableColumns& table) {
  MILLRACE_ASSIGN_OR_RETURN(const condition::Condition parsed, condition::Parse(where));
  return condition::Bind(parsed, table);
}

// Adds one part of the choice to `all`.
absl::Status Add(absl::StatusOr<BoundCondition> part, std::string_view field,
                 std::vector<BoundCondition>& all) {
  if (!part.ok()) return WithField(part.status(), field);
  all.push_back(*std::move(part));
  return absl::OkStatus();
}

absl::Status NoCapturedKey(const TableName& table) {
  return MakeError(reason::kRequestInvalid,
                   fmt::format("table {} has no captured key, so it can only be read as a "
                               "whole: leave out where, key_from and key_to",
                               table.ToString()),
                   {{"field", "where"}, {"table", table.ToString()}});
}

bool IsCaptured(std::span<const schema::Column> columns, const std::string& name) {
  return std::any_of(columns.begin(), columns.end(), [&](const schema::Column& column) {
    return column.captured && schema::SameColumnName(column.name, name);
  });
}

// The current columns of the table.
absl::StatusOr<std::vector<schema::Column>> FetchColumns(Connection& connection,
                                                         const TableName& table,
                                                         const schema::ColumnFilter& captured) {
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<TableDetails> details,
                            FetchTableDetails(connection, table));
  if (!details.has_value()) {
    return TableMissing(connection.endpoint(), "no such table " + table.ToString());
  }
  const Flavour flavour = connection.info().flavour;
  MILLRACE_ASSIGN_OR_RETURN(const schema::DescribedMap described,
                            schema::DescribedMap::Make(*details, flavour));
  schema::Knowledge known;
  known.flavour = flavour;
  known.details = &*details;
  known.filter = captured ? &captured : nullptr;
  MILLRACE_ASSIGN_OR_RETURN(schema::Definition definition,
                            schema::Describe(described.map(), known));
  return std::move(definition.columns);
}

// Checks the expression at the source, which alone knows which characters a charset lacks. Asks for
// a query plan; reads no row.
absl::Status Explain(Connection& connection, const TableName& table, const TableKey& key,
                     const std::string& sql) {
  ChunkQuery query;
  query.table = table;
  query.select_list = "1";
  query.index = key.index;
  query.key_columns = key.columns;
  query.condition = sql;
  query.rows = 1;
  const absl::Status status = connection.Query("EXPLAIN " + QueryText(query)).status();
  if (!HasReason(status, reason::kSourceQueryFailed)) return status;
  return MakeError(reason::kConditionInvalid,
                   fmt::format("the source cannot evaluate the condition for table {}: {}",
                               table.ToString(), std::string(status.message())),
                   {{"field", "where"}, {"table", table.ToString()}});
}

}  // namespace

absl::Status CheckSyntax(const RowChoice& choice) {
  if (choice.where.empty()) return absl::OkStatus();
  const absl::Status status = condition::Parse(choice.where).status();
  return status.ok() ? status : WithField(status, "where");
}

absl::StatusOr<std::string> ChoiceSql(const RowChoice& choice, const TableName& table,
                                      std::span<const schema::Column> columns,
                                      const std::string& first_key_column) {
  const TableColumns of{.table = table, .columns = columns};
  const auto bind_key = [&](Comparison comparison, const std::string& text) {
    return condition::BindValue(first_key_column, comparison, text, of);
  };
  BoundCondition all;
  std::vector<BoundCondition>& parts = all.children;
  if (!choice.where.empty()) {
    MILLRACE_RETURN_IF_ERROR(Add(BindWhere(choice.where, of), "where", parts));
  }
  if (!choice.key_from.empty()) {
    MILLRACE_RETURN_IF_ERROR(
        Add(bind_key(Comparison::kGreaterOrEqual, choice.key_from), "key_from", parts));
  }
  if (!choice.key_to.empty()) {
    MILLRACE_RETURN_IF_ERROR(Add(bind_key(Comparison::kLess, choice.key_to), "key_to", parts));
  }
  return condition::ToSql(all, columns);
}

absl::Status CheckChoice(Connection& connection, const TableName& table, const RowChoice& choice,
                         const schema::ColumnFilter& captured) {
  MILLRACE_ASSIGN_OR_RETURN(const auto columns, FetchColumns(connection, table, captured));
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<TableKey> key, FetchTableKey(connection, table));
  const auto is_captured = [&](const std::string& name) { return IsCaptured(columns, name); };
  if (!key.has_value() || !std::all_of(key->columns.begin(), key->columns.end(), is_captured)) {
    return NoCapturedKey(table);
  }
  MILLRACE_ASSIGN_OR_RETURN(const std::string sql,
                            ChoiceSql(choice, table, columns, key->columns.front()));
  return Explain(connection, table, *key, sql);
}

}  // namespace millrace::snapshot
