// SPDX-License-Identifier: Apache-2.0

#include "ingest/stated_tables.h"

#include <optional>
#include <utility>

#include "coverage/statement_effects.h"
#include "schema/altered_types.h"
#include "schema/definition.h"
#include "schema/stated_types.h"

namespace millrace::ingest {
namespace {

using schema::StatedTypes;
using schema::Statement;
using schema::StatementVerb;

std::optional<StatedTypes> OfCreate(const SentStatement& sent, const Statement& statement,
                                    const schema::Registry& registry) {
  // With IF NOT EXISTS there may have been one.
  if (statement.if_not_exists && !statement.or_replace) {
    auto known = registry.Stated(statement.tables.front());
    if (known.has_value()) return known;
  }
  schema::StatedTable stated = schema::StatedBy(sent.text, sent.database, sent.session);
  return stated.like.has_value() ? registry.Stated(*stated.like) : std::move(stated.types);
}

std::optional<StatedTypes> OfAlter(const SentStatement& sent, const Statement& statement,
                                   std::optional<StatedTypes> types) {
  if (!types.has_value()) return types;
  if (auto altered = schema::AlteredBy(sent.text, *types, sent.session)) return altered;
  if (!statement.index_only && schema::MayChangeMeanings(sent.text, sent.session)) {
    return std::nullopt;
  }
  StatedTypes renamed;
  for (const auto& [from, to] : statement.column_renames) {
    const auto found = types->extract(schema::ColumnKey(from));
    if (!found.empty()) renamed[schema::ColumnKey(to)] = found.mapped();
  }
  types->merge(renamed);
  return types;
}

}  // namespace

void NoteStatedTypes(const SentStatement& sent, const Statement& statement, bool finished,
                     const std::function<bool(const TableName&)>& captured,
                     schema::Registry& registry) {
  if (statement.temporary) return;
  const auto set = [&](const TableName& table, std::optional<StatedTypes> types) {
    if (captured(table)) registry.SetStated(table, std::move(types));
  };
  for (const TableName& table : statement.tables) {
    // A table that the statement only renames, or that is not its own, is what it was.
    std::optional<StatedTypes> types = registry.Stated(table);
    const bool is_first = table == statement.tables.front();
    if (finished && statement.verb == StatementVerb::kDrop) types.reset();
    if (finished && is_first && statement.verb == StatementVerb::kCreate) {
      types = OfCreate(sent, statement, registry);
    }
    if (statement.in_doubt) {
      types.reset();
    } else if (finished && is_first && statement.verb == StatementVerb::kAlter) {
      types = OfAlter(sent, statement, std::move(types));
    }
    set(table, std::move(types));
  }
  if (!finished) return;
  for (const TableName& table : statement.made_of_partitions) {
    if (!statement.in_doubt) set(table, registry.Stated(statement.tables.front()));
  }
  for (const auto& [from, to] : statement.renames) {
    set(to, registry.Stated(from));
    set(from, std::nullopt);
  }
  if (!coverage::DropsDatabase(statement)) return;
  for (const TableName& table : registry.Names()) {
    if (table.database == statement.database) set(table, std::nullopt);
  }
}

}  // namespace millrace::ingest
