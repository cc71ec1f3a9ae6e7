// SPDX-License-Identifier: Apache-2.0

// The part of EventProcessor that handles QUERY events: transaction control, definitions, and rows
// that were changed by a logged statement.

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "coverage/statement_effects.h"
#include "fmt/format.h"
#include "ingest/event_processor.h"
#include "ingest/statement_column_types.h"
#include "ingest/statement_names.h"
#include "ingest/statement_text.h"
#include "millrace/v1/change_feed.pb.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {

using schema::StatementKind;

namespace {

// Each name ends with a zero byte.
std::vector<std::string_view> NamesIn(std::string_view list) {
  std::vector<std::string_view> names;
  while (!list.empty()) {
    const size_t size = std::min(list.find('\0'), list.size());
    names.push_back(list.substr(0, size));
    list.remove_prefix(std::min(size + 1, list.size()));
  }
  return names;
}

absl::Status RowsAreUnknown() {
  return MakeError(
      reason::kStatementBasedChange,
      "rows were changed by a statement that was logged as text, so the rows are unknown, and "
      "triggers, views, foreign keys or functions may have changed captured tables; run "
      "SET GLOBAL binlog_format = ROW on the source, make sure that no session sets another "
      "format, and start a new log; if a tool logs such statements for its own tables, list these "
      "tables in source.statement_tables");
}

}  // namespace

absl::StatusOr<Step> EventProcessor::OnQuery(const Event& event) {
  // Nearly every transaction starts with BEGIN, and no session setting affects it.
  if (binlog::StatementOf(event) == "BEGIN") return OnBegin(event);
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Query query, binlog::ParseQuery(event));
  // Skip the tokenizer: every transaction without an XID event ends with COMMIT.
  if (query.statement == "COMMIT" && in_transaction_) return Commit();
  recorder_.content().AddStatement(query.statement);
  SentStatement sent = SentStatementFrom(query, options_.flavour, in_transaction_ && !standalone_);
  schema::Statement statement = Read(sent);
  FoldNames(names_, statement);
  temporary_tables_.Apply(event.header, query.thread_id, options_.flavour, statement);
  return OnStatement(event, sent, statement);
}

absl::StatusOr<Step> EventProcessor::OnBegin(const Event& event) {
  if (in_transaction_) {
    // MariaDB's GTID event already implies BEGIN; a source may still send one for old replicas.
    const bool repeated =
        options_.flavour == Flavour::kMariadb && builder_.transaction_changes() == 0;
    if (!repeated) return Unexpected("BEGIN inside a transaction");
  } else {
    Begin(event);
  }
  return Step::kContinue;
}

absl::StatusOr<Step> EventProcessor::OnStatement(const Event& event, const SentStatement& sent,
                                                 const schema::Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kBegin: {
      const bool is_xa = !XidText(sent.text).empty();
      MILLRACE_ASSIGN_OR_RETURN(const Step step, OnBegin(event));
      in_xa_ = in_xa_ || is_xa;
      return step;
    }
    case StatementKind::kCommit:
      if (!in_transaction_) return Unexpected("COMMIT outside of a transaction");
      return Commit();
    case StatementKind::kRollback:
      return OnRollback();
    case StatementKind::kSavepoint:
      // SAVEPOINT has no effect outside of a transaction.
      if (in_transaction_) savepoints_.Set(statement.savepoint, builder_);
      return Step::kContinue;
    case StatementKind::kRollbackTo:
      return OnRollbackToSavepoint(statement.savepoint);
    case StatementKind::kRelease:
      return Step::kContinue;
    case StatementKind::kXaPrepare:
    case StatementKind::kXaCommit:
    case StatementKind::kXaRollback:
      return OnXaStatement(event, sent.text, statement);
    case StatementKind::kTruncate:
    case StatementKind::kDefinition:
      return OnDefinition(event, sent, statement);
    case StatementKind::kRowStatement:
      if (IsMemoryTableEmptied(sent.text)) return OnDefinition(event, sent, statement);
      return OnRowStatement(event, sent.written_databases, statement.tables);
    case StatementKind::kOther:
      break;
  }
  if (in_transaction_ && !standalone_) return Step::kContinue;
  return CommitEmpty(event);
}

// The binlog contains a rolled-back transaction if it also changed tables of non-transactional
// engines, whose rows cannot be rolled back. With ROW format, MySQL since 5.5 and MariaDB log such
// rows earlier, in transactions of their own. So everything in this transaction is void.
absl::StatusOr<Step> EventProcessor::OnRollback() {
  if (!in_transaction_) return Unexpected("ROLLBACK outside of a transaction");
  MILLRACE_RETURN_IF_ERROR(CheckLength());
  const bool staged = AbandonChanges();
  gtid_.AddTo(builder_.gtids());
  EndTransaction();
  return staged ? Step::kDropStaged : Step::kCommitPoint;
}

// Rolls back a part of the transaction, which then continues.
absl::StatusOr<Step> EventProcessor::OnRollbackToSavepoint(std::string_view name) {
  if (!in_transaction_) return Unexpected("ROLLBACK TO outside of a transaction");
  // The binlog names only savepoints that have events after them.
  if (builder_.transaction_changes() == 0) return Step::kContinue;
  switch (savepoints_.RollBackTo(name, builder_)) {
    case Savepoints::Outcome::kDone:
      live_changes_.NoteRollback();
      return Step::kContinue;
    case Savepoints::Outcome::kNotSet:
      return Unexpected("ROLLBACK TO a savepoint that was not set");
    case Savepoints::Outcome::kTooMany:
      return MakeError(reason::kRollbackTooLarge,
                       fmt::format("changes were rolled back to one of the oldest of more than {} "
                                   "savepoints of a transaction, which are not kept; start a new "
                                   "log after that transaction, and set fewer savepoints",
                                   Savepoints::kNamesMin));
    case Savepoints::Outcome::kFrameClosed:
      break;
  }
  return MakeError(
      reason::kRollbackTooLarge,
      "more changes than fit into a frame were rolled back to a savepoint, which is not "
      "supported; raise log.frame_bytes above the size of the transaction and restart");
}

absl::StatusOr<Step> EventProcessor::OnXaStatement(const Event& event, std::string_view text,
                                                   const schema::Statement& statement) {
  const std::string xid = XidText(text);
  if (statement.kind == StatementKind::kXaPrepare) {
    // This is XA END. MySQL logs XA PREPARE as an event of another type.
    if (!IsXaPrepare(text)) return Step::kContinue;
    if (!in_transaction_) return Unexpected("XA PREPARE outside of a transaction");
    return PrepareXa(xid);
  }
  if (in_transaction_ && IsXaCommitOnePhase(text)) return Commit();
  return EndXa(event, xid, statement.kind == StatementKind::kXaCommit);
}

absl::StatusOr<Step> EventProcessor::OnRowStatement(const Event& event,
                                                    std::optional<std::string_view> databases,
                                                    const std::vector<TableName>& tables) {
  if (!AreStatementTables(tables)) {
    if (MayChangeCaptured(databases)) return RowsAreUnknown();
    if (in_xa_) NoteDatabasesOfXa(*databases);
  }
  return in_transaction_ ? absl::StatusOr<Step>(Step::kContinue) : CommitEmpty(event);
}

bool EventProcessor::AreStatementTables(const std::vector<TableName>& tables) const {
  if (options_.statement_tables.empty() || tables.empty()) return false;
  return std::all_of(tables.begin(), tables.end(), [this](const TableName& table) {
    return options_.statement_tables.Matches(table.database, table.table) && !Captured(table);
  });
}

// The tables in the text are not enough, since a trigger may write to others.
bool EventProcessor::MayChangeCaptured(std::optional<std::string_view> databases) const {
  if (!databases.has_value()) return true;
  const std::vector<std::string_view> names = NamesIn(*databases);
  return std::any_of(names.begin(), names.end(), [this](std::string_view name) {
    const std::optional<std::string> folded = names_.Fold(name);
    return !folded.has_value() || folded->empty() || options_.capture.MayCapture(*folded);
  });
}

// Records whole databases, since any of their tables may be captured by the time of the XA COMMIT.
void EventProcessor::NoteDatabasesOfXa(std::string_view databases) {
  for (const std::string_view name : NamesIn(databases)) {
    xa_tables_.insert({names_.Fold(name).value_or(std::string(name)), ""});
  }
}

// A new table has no triggers. On MariaDB a function in the query may write other tables; MySQL
// refuses that in a statement that is not logged by rows.
bool EventProcessor::MayFillCaptured(const schema::Statement& statement) const {
  if (options_.flavour == Flavour::kMariadb) return true;
  return !statement.temporary &&
         std::any_of(statement.tables.begin(), statement.tables.end(),
                     [this](const TableName& table) { return Captured(table); });
}

absl::StatusOr<Step> EventProcessor::OnLoadQuery(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Query query, binlog::ParseLoadQuery(event));
  recorder_.content().AddStatement(query.statement);
  return OnRowStatement(event, query.databases, {});
}

absl::StatusOr<Step> EventProcessor::OnDefinition(const Event& event, const SentStatement& sent,
                                                  const schema::Statement& statement) {
  if (statement.has_query && MayFillCaptured(statement)) return RowsAreUnknown();
  const auto captured = [this](const TableName& table) { return Captured(table); };
  if (options_.flavour == Flavour::kMariadb) {
    NoteStatedTypes(sent, statement, !alter_unfinished_, captured, registry_);
  }
  if (!alter_unfinished_) NoteMergeTables(sent, statement, names_, captured, merge_tables_);
  // From here on, the same TABLE_MAP bytes may mean another type.
  plans_.Clear();
  for (const TableName& table : statement.tables) registry_.MarkUnverified(table);
  if (statement.may_concern_any_table) registry_.MarkAllUnverified();
  if (live_changes_.recording()) NoteDefinitionChange(statement);
  if (alter_unfinished_) return CommitEmpty(event);
  if (statement.may_concern_any_table) WarnNotUnderstood();
  if (statement.ambiguous) WarnAmbiguous(statement);
  const bool truncates = statement.kind != StatementKind::kDefinition;
  const bool transaction_continues = in_transaction_ || statement.starts_transaction;
  if (!in_transaction_) Begin(event);
  if (!statement.temporary) {
    NoteExistence(statement);
    NoteCoverage(statement, truncates);
    MILLRACE_RETURN_IF_ERROR(AddDefinition(sent, statement, truncates));
  }
  return transaction_continues ? absl::StatusOr<Step>(Step::kContinue) : Commit();
}

// Does not log the statement, since its text may contain a secret.
void EventProcessor::WarnNotUnderstood() const {
  spdlog::warn(
      "the statement at {}:{} was not understood and may concern any table: the rows of all "
      "captured tables must be read again before a subscription can start at SNAPSHOT",
      file_, event_offset_);
}

void EventProcessor::WarnAmbiguous(const schema::Statement& statement) const {
  if (TablesConcerned(statement).empty()) return;
  spdlog::warn(
      "the statement at {}:{} is ambiguous: its tables or its effect depend on whether it was "
      "prepared under another character set or sql_mode than that of its session, or written by "
      "the source itself; the rows of all tables that it may concern must be read again before a "
      "subscription can start at SNAPSHOT",
      file_, event_offset_);
}

// Adds a change for each captured table that the statement concerns, so that all their subscribers
// receive it.
absl::Status EventProcessor::AddDefinition(const SentStatement& sent,
                                           const schema::Statement& statement, bool truncates) {
  const std::vector<TableName> tables = TablesConcerned(statement);
  const bool is_of_database = tables.empty() && options_.capture.MayCapture(statement.database);
  if (tables.empty() && !is_of_database) return absl::OkStatus();
  const std::string text = ShownTextOf(sent, statement);
  transcode::DefinitionChange change{
      .operation =
          static_cast<uint8_t>(truncates ? v1::OPERATION_TRUNCATE : v1::OPERATION_SCHEMA_CHANGE),
      .table_id = 0,
      .table = {},
      .statement = text,
      .default_database = sent.database,
      .tables = statement.tables};
  if (is_of_database) {
    change.table.database = statement.database;
    return builder_.AddDefinitionChange(change);
  }
  for (const TableName& table : tables) {
    if (!statement.column_renames.empty() && table == statement.tables.front()) {
      registry_.RenameColumns(table, statement.column_renames, builder_.newest().next());
    }
    change.table = table;
    change.table_id = registry_.TableIdOf(table);
    MILLRACE_RETURN_IF_ERROR(builder_.AddDefinitionChange(change));
  }
  return absl::OkStatus();
}

std::vector<TableName> EventProcessor::TablesConcerned(const schema::Statement& statement) const {
  std::vector<TableName> tables;
  if (!statement.may_concern_any_table && !coverage::DropsDatabase(statement)) {
    std::copy_if(statement.tables.begin(), statement.tables.end(), std::back_inserter(tables),
                 [this](const TableName& table) { return Captured(table); });
    return tables;
  }
  std::set<TableName> known;
  for (TableName& table : registry_.Names()) known.insert(std::move(table));
  for (const auto& [table, coverage] : coverage_.newest()) known.insert(table);
  std::copy_if(known.begin(), known.end(), std::back_inserter(tables), [&](const TableName& table) {
    const bool concerned = statement.may_concern_any_table || table.database == statement.database;
    return concerned && Captured(table);
  });
  return tables;
}

std::string EventProcessor::ShownTextOf(const SentStatement& sent,
                                        const schema::Statement& statement) const {
  std::function<bool(std::string_view)> is_excluded;
  if (!options_.capture.excluded_columns().empty()) {
    is_excluded = [&](std::string_view name) {
      return std::any_of(
          statement.tables.begin(), statement.tables.end(),
          [&](const TableName& table) { return !options_.capture.CapturesColumn(table, name); });
    };
  }
  // The server copied columns of other tables, and the text does not say which column came from
  // where.
  if (is_excluded && IsWrittenByServer(sent.text)) return "";
  return ShownText(sent, statement, is_excluded);
}

void EventProcessor::NoteDefinitionChange(const schema::Statement& statement) {
  for (const TableName& table : statement.tables) live_changes_.NoteDefinitionChange(table);
  if (!statement.database.empty()) live_changes_.NoteDefinitionChangeInDatabase(statement.database);
  if (statement.may_concern_any_table) live_changes_.NoteDefinitionChangeAnywhere();
}

void EventProcessor::NoteExistence(const schema::Statement& statement) {
  if (coverage::DropsDatabase(statement)) {
    for (const TableName& table : registry_.Names()) {
      if (table.database == statement.database) registry_.SetDropped(table, true);
    }
  }
  const bool drops = statement.verb == schema::StatementVerb::kDrop;
  if (drops || statement.verb == schema::StatementVerb::kCreate) {
    for (const TableName& table : statement.tables) registry_.SetDropped(table, drops);
  }
  for (const auto& [from, to] : statement.renames) {
    registry_.SetDropped(from, true);
    registry_.SetDropped(to, false);
  }
  for (const TableName& table : statement.tables_from_partitions)
    registry_.SetDropped(table, false);
  for (const TableName& table : statement.tables_into_partitions) registry_.SetDropped(table, true);
}

// Must run before the changes of the statement are added: `at` is the sequence of the first one.
void EventProcessor::NoteCoverage(const schema::Statement& statement, bool truncates) {
  const Sequence at{builder_.newest().value + builder_.transaction_changes() + 1};
  std::vector<TableName> arrived = coverage_.OnStatement(statement, truncates, at);
  uncovered_.insert(uncovered_.end(), std::make_move_iterator(arrived.begin()),
                    std::make_move_iterator(arrived.end()));
}

}  // namespace millrace::ingest
