// SPDX-License-Identifier: Apache-2.0

#include "ingest/statement_column_types.h"

#include <optional>
#include <utility>

#include "coverage/statement_effects.h"
#include "schema/altered_meanings.h"
#include "schema/column_meanings.h"
#include "schema/definition.h"

namespace millrace::ingest {
namespace {

using schema::ColumnMeanings;
using schema::Statement;
using schema::StatementVerb;

std::optional<ColumnMeanings> TypesOfCreate(const SentStatement& sent, const Statement& statement,
                                            const schema::Registry& registry) {
  // With IF NOT EXISTS the table may have existed before.
  if (statement.if_not_exists && !statement.or_replace) {
    auto known = registry.KnownMeanings(statement.tables.front());
    if (known.has_value()) return known;
  }
  schema::CreatedMeanings stated = schema::MeaningsInCreate(sent.text, sent.database, sent.session);
  return stated.like.has_value() ? registry.KnownMeanings(*stated.like)
                                 : std::move(stated.meanings);
}

std::optional<ColumnMeanings> TypesOfAlter(const SentStatement& sent, const Statement& statement,
                                           std::optional<ColumnMeanings> meanings) {
  if (!meanings.has_value()) return meanings;
  if (auto altered = schema::MeaningsAfterAlter(sent.text, *meanings, sent.session)) return altered;
  if (!statement.index_only && schema::MayChangeMeanings(sent.text, sent.session)) {
    return std::nullopt;
  }
  ColumnMeanings renamed;
  for (const auto& [from, to] : statement.column_renames) {
    const auto found = meanings->extract(schema::ColumnKey(from));
    if (!found.empty()) renamed[schema::ColumnKey(to)] = found.mapped();
  }
  meanings->merge(renamed);
  return meanings;
}

}  // namespace

void NoteStatedTypes(const SentStatement& sent, const Statement& statement, bool finished,
                     const std::function<bool(const TableName&)>& captured,
                     schema::Registry& registry) {
  if (statement.temporary) return;
  const auto set = [&](const TableName& table, std::optional<ColumnMeanings> meanings) {
    if (captured(table)) registry.SetDeclaredMeanings(table, std::move(meanings));
  };
  for (const TableName& table : statement.tables) {
    // A table that the statement only renames, or that is not the altered one, keeps its meanings.
    std::optional<ColumnMeanings> meanings = registry.KnownMeanings(table);
    const bool is_first = table == statement.tables.front();
    if (finished && statement.verb == StatementVerb::kDrop) meanings.reset();
    if (finished && is_first && statement.verb == StatementVerb::kCreate) {
      meanings = TypesOfCreate(sent, statement, registry);
    }
    if (statement.ambiguous) {
      meanings.reset();
    } else if (finished && is_first && statement.verb == StatementVerb::kAlter) {
      meanings = TypesOfAlter(sent, statement, std::move(meanings));
    }
    set(table, std::move(meanings));
  }
  if (!finished) return;
  for (const TableName& table : statement.tables_from_partitions) {
    if (!statement.ambiguous) set(table, registry.KnownMeanings(statement.tables.front()));
  }
  for (const auto& [from, to] : statement.renames) {
    set(to, registry.KnownMeanings(from));
    set(from, std::nullopt);
  }
  if (!coverage::DropsDatabase(statement)) return;
  for (const TableName& table : registry.Names()) {
    if (table.database == statement.database) set(table, std::nullopt);
  }
}

}  // namespace millrace::ingest
