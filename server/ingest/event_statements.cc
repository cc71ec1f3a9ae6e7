// SPDX-License-Identifier: Apache-2.0

// The part of EventProcessor that deals with QUERY events: transaction control, definitions, and
// rows that were changed by a logged statement.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "ingest/event_processor.h"
#include "ingest/statement_names.h"
#include "ingest/statement_text.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::ingest {

using schema::StatementKind;

namespace {

// Against a source that sets them without end.
constexpr size_t kSavepointsMax = 10'000;

}  // namespace

absl::StatusOr<Step> EventProcessor::OnQuery(const Event& event) {
  // Nearly every transaction has it, and no setting of the session matters to it.
  if (binlog::StatementOf(event) == "BEGIN") return OnBegin(event);
  MILLRACE_ASSIGN_OR_RETURN(binlog::Query query, binlog::ParseQuery(event));
  // Ahead of the tokenizer: every transaction without an XID event has it.
  if (query.statement == "COMMIT" && in_transaction_) return Commit();
  notes_.content().AddStatement(query.statement);
  // The text and the names in it become protobuf strings, which are UTF-8.
  const std::string statement =
      StatementText(query.statement, options_.flavour, query.client_charset);
  const std::string database = StatementText(query.database, options_.flavour, 0);
  query.statement = statement;
  query.database = database;
  schema::Statement classified = schema::Classify(statement, database);
  FoldNames(names_, classified);
  return OnStatement(event, query, classified);
}

absl::StatusOr<Step> EventProcessor::OnBegin(const Event& event) {
  if (in_transaction_) {
    // The GTID event of MariaDB is a BEGIN already; a source may still send one for old replicas.
    const bool repeated =
        options_.flavour == Flavour::kMariadb && builder_.transaction_changes() == 0;
    if (!repeated) return Unexpected("BEGIN inside a transaction");
  } else {
    Begin(event);
  }
  return Step::kWithin;
}

absl::StatusOr<Step> EventProcessor::OnStatement(const Event& event, const binlog::Query& query,
                                                 const schema::Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kBegin:
      return OnBegin(event);
    case StatementKind::kCommit:
      if (!in_transaction_) return Unexpected("COMMIT outside of a transaction");
      return Commit();
    case StatementKind::kRollback:
      return OnRollback();
    case StatementKind::kSavepoint:
      if (IsRollbackToSavepoint(query.statement)) return OnRollbackToSavepoint(query.statement);
      if (IsSavepoint(query.statement)) {
        MILLRACE_RETURN_IF_ERROR(SetSavepoint(query.statement));
      }
      return Step::kWithin;
    case StatementKind::kXaPrepare:
    case StatementKind::kXaCommit:
    case StatementKind::kXaRollback:
      return OnXaStatement(event, query, statement);
    case StatementKind::kTruncate:
    case StatementKind::kDefinition:
      return OnDefinition(event, query, statement);
    case StatementKind::kRowStatement:
      if (IsMemoryTableEmptied(query.statement)) return OnDefinition(event, query, statement);
      return OnRowStatement(event, statement);
    case StatementKind::kOther:
      break;
  }
  if (in_transaction_ && !standalone_) return Step::kWithin;
  return CommitEmpty(event);
}

// A transaction is in the binlog although it was rolled back when tables of other engines took
// part, whose rows cannot be taken back. Under ROW those are logged ahead, in transactions of their
// own, as both families' servers do since MySQL 5.5; so all that is in this one is void.
absl::StatusOr<Step> EventProcessor::OnRollback() {
  if (!in_transaction_) return Unexpected("ROLLBACK outside of a transaction");
  MILLRACE_RETURN_IF_ERROR(CheckLength());
  const bool staged = AbandonChanges();
  gtid_.AddTo(builder_.gtids());
  EndTransaction();
  return staged ? Step::kDropStaged : Step::kEnded;
}

absl::Status EventProcessor::SetSavepoint(std::string_view statement) {
  // A savepoint outside of a transaction has no effect.
  if (!in_transaction_) return absl::OkStatus();
  const std::string name = SavepointName(statement);
  std::erase_if(savepoints_, [&name](const Savepoint& known) { return known.name == name; });
  if (savepoints_.size() >= kSavepointsMax) {
    return Unexpected(fmt::format("more than {} savepoints in one transaction", kSavepointsMax));
  }
  savepoints_.push_back({.name = name, .mark = builder_.MakeMark()});
  return absl::OkStatus();
}

// The same of a part of a transaction, which then goes on.
absl::StatusOr<Step> EventProcessor::OnRollbackToSavepoint(std::string_view statement) {
  if (!in_transaction_) return Unexpected("ROLLBACK TO outside of a transaction");
  const std::string name = SavepointName(statement);
  const auto savepoint =
      std::find_if(savepoints_.begin(), savepoints_.end(),
                   [&name](const Savepoint& known) { return known.name == name; });
  if (savepoint == savepoints_.end()) {
    // The binlog names only savepoints behind which it has something.
    if (builder_.transaction_changes() == 0) return Step::kWithin;
    return Unexpected(fmt::format("ROLLBACK TO a savepoint {} that was not set", name));
  }
  if (!builder_.RollBackTo(savepoint->mark)) {
    return MakeError(absl::StatusCode::kUnimplemented, "ROLLBACK_TOO_LARGE",
                     "more than a frame of changes was rolled back to a savepoint, which this "
                     "version cannot take back; raise log.frame_bytes above the size of the "
                     "transaction and start again");
  }
  live_changes_.NoteRollback();
  savepoints_.erase(savepoint + 1, savepoints_.end());
  return Step::kWithin;
}

absl::StatusOr<Step> EventProcessor::OnXaStatement(const Event& event, const binlog::Query& query,
                                                   const schema::Statement& statement) {
  const std::string xid = XidText(query.statement);
  if (statement.kind == StatementKind::kXaPrepare) {
    // XA END; MySQL's own XA PREPARE is an event of its kind.
    if (!IsXaPrepare(query.statement)) return Step::kWithin;
    if (!in_transaction_) return Unexpected("XA PREPARE outside of a transaction");
    return PrepareXa(xid);
  }
  if (in_transaction_ && IsXaCommitOnePhase(query.statement)) return Commit();
  const bool harmless = harmless_xids_.erase(xid) > 0;
  if (statement.kind == StatementKind::kXaCommit && !harmless) {
    return MakeError(
        absl::StatusCode::kUnimplemented, "XA_UNSUPPORTED",
        "XA COMMIT of a transaction that was prepared before this log began or before the last "
        "restart; this version cannot tell what it changed: avoid XA on captured tables");
  }
  return CommitEmpty(event);
}

absl::StatusOr<Step> EventProcessor::OnRowStatement(const Event& event,
                                                    const schema::Statement& statement) {
  const bool harmless = !statement.tables.empty() &&
                        std::none_of(statement.tables.begin(), statement.tables.end(),
                                     [this](const TableName& table) { return Captured(table); });
  if (!harmless && !statement.temporary) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "STATEMENT_BASED_CHANGE",
        "rows were changed by a statement that was logged as text, so the rows are unknown; run "
        "SET GLOBAL binlog_format = ROW on the source, see that no session sets another format, "
        "and start a new log");
  }
  return in_transaction_ ? absl::StatusOr<Step>(Step::kWithin) : CommitEmpty(event);
}

absl::StatusOr<Step> EventProcessor::OnDefinition(const Event& event, const binlog::Query& query,
                                                  const schema::Statement& statement) {
  // The same bytes of a TABLE_MAP may mean another type from here on.
  plans_.Clear();
  for (const TableName& table : statement.tables) {
    registry_.Doubt(table);
    if (Captured(table)) plans_.NoteDefinition(table);
  }
  if (statement.may_concern_any_table) registry_.DoubtAll();
  if (live_changes_.recording()) NoteDefinition(statement);
  if (alter_unfinished_) return CommitEmpty(event);
  const bool truncates = statement.kind != StatementKind::kDefinition;
  const bool goes_on = in_transaction_ || statement.starts_transaction;
  if (!in_transaction_) Begin(event);
  if (!statement.temporary) {
    NoteCoverage(statement, truncates);
    MILLRACE_RETURN_IF_ERROR(AddDefinition(query, statement, truncates));
  }
  return goes_on ? absl::StatusOr<Step>(Step::kWithin) : Commit();
}

absl::Status EventProcessor::AddDefinition(const binlog::Query& query,
                                           const schema::Statement& statement, bool truncates) {
  transcode::DefinitionChange change{
      .operation =
          static_cast<uint8_t>(truncates ? v1::OPERATION_TRUNCATE : v1::OPERATION_SCHEMA_CHANGE),
      .table_id = 0,
      .table = {},
      .statement = statement.may_hold_secret ? std::string_view() : query.statement,
      .default_database = query.database,
      .tables = statement.tables};
  if (statement.tables.empty()) {
    const std::string concerned =
        statement.database.empty() ? std::string(query.database) : statement.database;
    if (IsSystemDatabase(concerned)) return absl::OkStatus();
    change.table.database = concerned;
    return builder_.AddDefinitionChange(change);
  }
  for (const TableName& table : statement.tables) {
    if (!Captured(table)) continue;
    if (!statement.column_renames.empty() && table == statement.tables.front()) {
      registry_.RenameColumns(table, statement.column_renames, builder_.newest().next());
    }
    change.table = table;
    change.table_id = registry_.TableIdOf(table);
    MILLRACE_RETURN_IF_ERROR(builder_.AddDefinitionChange(change));
  }
  return absl::OkStatus();
}

void EventProcessor::NoteDefinition(const schema::Statement& statement) {
  for (const TableName& table : statement.tables) live_changes_.NoteDefinition(table);
  if (!statement.database.empty()) live_changes_.NoteDefinitionOfDatabase(statement.database);
  if (statement.may_concern_any_table) live_changes_.NoteDefinitionOfAny();
}

// Before the changes of the statement are added: they are the first that count behind it.
void EventProcessor::NoteCoverage(const schema::Statement& statement, bool truncates) {
  const Sequence at{builder_.newest().value + builder_.transaction_changes() + 1};
  for (const auto& [table, effect] : EffectsOf(statement, truncates)) {
    if (Captured(table)) SetCoverage(table, effect, at);
  }
  const bool drops_database = DropsDatabase(statement);
  if (!drops_database && !statement.may_concern_any_table) return;
  // Setting coverage changes what is gone through.
  std::vector<TableName> covered;
  for (const auto& [table, coverage] : coverage_.newest()) covered.push_back(table);
  for (const TableName& table : covered) {
    if (statement.may_concern_any_table) {
      coverage_.Spoil(table, "a statement that could not be read");
    } else if (table.database == statement.database) {
      SetCoverage(table, TableEffect::kEmptied, at);
    }
  }
}

void EventProcessor::SetCoverage(const TableName& table, TableEffect effect, Sequence at) {
  const std::optional<schema::TableCoverage> before = coverage_.Newest(table);
  std::optional<schema::TableCoverage> behind = CoverageBehind(effect, before, at);
  if (effect == TableEffect::kArrived) uncovered_.push_back(table);
  if (behind.has_value() && behind != before) coverage_.Set(table, *std::move(behind));
}

bool EventProcessor::Captured(const TableName& table) const {
  return options_.tables.Matches(table.database, table.table) && !IsSystemDatabase(table.database);
}

}  // namespace millrace::ingest
