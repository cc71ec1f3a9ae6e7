// SPDX-License-Identifier: Apache-2.0

#include "ingest/later_statements.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "binlog/compression.h"
#include "binlog/event.h"
#include "binlog/events.h"
#include "coverage/statement_effects.h"
#include "ingest/statement_names.h"
#include "schema/column_meanings.h"

namespace millrace::ingest {
namespace {

using binlog::Event;
using binlog::EventType;
using schema::StatementVerb;

bool MayAlter(const SentStatement& sent, const schema::Statement& statement, RedefinedPart what) {
  if (statement.ambiguous) return true;
  if (statement.index_only) return false;
  return what == RedefinedPart::kAnything || !statement.renames.empty() ||
         !statement.column_renames.empty() || schema::MayChangeMeanings(sent.text, sent.session);
}

// Reads the statements of a binlog.
class StatementScanner {
 public:
  StatementScanner(Flavour flavour, const NameFolding& names, uint64_t event_bytes_max)
      : reader_(flavour), flavour_(flavour), names_(names), event_bytes_max_(event_bytes_max) {}

  absl::StatusOr<bool> Redefines(std::string_view bytes, const TableName& table,
                                 RedefinedPart what) {
    MILLRACE_ASSIGN_OR_RETURN(Event event, reader_.Read(bytes));
    if (event.header.type == EventType::kMariadbQueryCompressed) {
      MILLRACE_ASSIGN_OR_RETURN(event, binlog::Uncompress(event, event_bytes_max_, uncompressed_));
    }
    if (event.header.type != EventType::kQuery) return false;
    return StatementRedefines(event, table, what);
  }

 private:
  absl::StatusOr<bool> StatementRedefines(const Event& event, const TableName& table,
                                          RedefinedPart what) const;

  binlog::EventReader reader_;
  const Flavour flavour_;
  const NameFolding& names_;
  const uint64_t event_bytes_max_;
  std::string uncompressed_;
};

absl::StatusOr<bool> StatementScanner::StatementRedefines(const Event& event,
                                                          const TableName& table,
                                                          RedefinedPart what) const {
  const std::string_view text = binlog::StatementOf(event);
  if (text == "BEGIN" || text == "COMMIT") return false;
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Query query, binlog::ParseQuery(event));
  SentStatement sent = SentStatementFrom(query, flavour_);
  schema::Statement statement = Read(sent);
  FoldNames(names_, statement);
  return MayRedefine(sent, statement, table, what);
}

}  // namespace

bool MayRedefine(const SentStatement& sent, const schema::Statement& statement,
                 const TableName& table, RedefinedPart what) {
  if (statement.may_concern_any_table) return true;
  if (statement.kind != schema::StatementKind::kDefinition || statement.temporary) return false;
  if (coverage::DropsDatabase(statement)) return statement.database == table.database;
  const auto& tables = statement.tables;
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) return false;
  if (statement.verb == StatementVerb::kOther || statement.verb == StatementVerb::kTruncate) {
    return false;
  }
  const bool alters_it = statement.verb == StatementVerb::kAlter && table == tables.front();
  return !alters_it || MayAlter(sent, statement, what);
}

absl::StatusOr<bool> IsRedefinedLater(BinlogStream& stream, const TableName& table,
                                      RedefinedPart what, const NameFolding& names,
                                      uint64_t event_bytes_max) {
  StatementScanner scanner(stream.server().flavour, names, event_bytes_max);
  while (true) {
    const absl::StatusOr<std::string_view> bytes = stream.Read();
    if (!bytes.ok() && stream.ended()) return false;
    MILLRACE_RETURN_IF_ERROR(bytes.status());
    MILLRACE_ASSIGN_OR_RETURN(const bool redefines, scanner.Redefines(*bytes, table, what));
    if (redefines) return true;
  }
}

}  // namespace millrace::ingest
