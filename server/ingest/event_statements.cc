// The part of EventProcessor that deals with QUERY events: transaction control, definitions, and
// rows that were changed by a logged statement.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "ingest/event_processor.h"
#include "ingest/statement_text.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::ingest {

using schema::StatementKind;

absl::StatusOr<Step> EventProcessor::OnQuery(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(binlog::Query query, binlog::ParseQuery(event));
  // The two that every transaction without an XID event has, ahead of the tokenizer.
  if (query.statement == "BEGIN") return OnBegin(event, query);
  if (query.statement == "COMMIT" && in_transaction_) return Commit();
  // The text and the names in it become protobuf strings, which are UTF-8.
  const std::string statement =
      StatementText(query.statement, options_.flavour, query.client_charset);
  const std::string database = StatementText(query.database, options_.flavour, 0);
  query.statement = statement;
  query.database = database;
  return OnStatement(event, query, schema::Classify(statement, database));
}

absl::StatusOr<Step> EventProcessor::OnBegin(const Event& event, const binlog::Query& query) {
  if (in_transaction_) {
    // The GTID event of MariaDB is a BEGIN already; a source may still send one for old replicas.
    const bool repeated =
        options_.flavour == Flavour::kMariadb && builder_.transaction_changes() == 0;
    if (!repeated) return Unexpected("BEGIN inside a transaction");
  } else {
    Begin(event);
  }
  xid_ = XidText(query.statement);
  return Step::kWithin;
}

absl::StatusOr<Step> EventProcessor::OnStatement(const Event& event, const binlog::Query& query,
                                                 const schema::Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kBegin:
      return OnBegin(event, query);
    case StatementKind::kCommit:
      if (!in_transaction_) return Unexpected("COMMIT outside of a transaction");
      return Commit();
    case StatementKind::kRollback:
      return OnRollback();
    case StatementKind::kSavepoint:
      if (IsRollbackToSavepoint(query.statement)) return OnRollbackToSavepoint();
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
  return in_transaction_ && !standalone_ ? Step::kWithin : CommitEmpty(event);
}

// A transaction that only changed transactional tables is not in the binlog when it is rolled back.
// If it is, tables of other engines took part, whose rows stay while the others go, and the binlog
// does not say which are which.
absl::StatusOr<Step> EventProcessor::OnRollback() {
  MILLRACE_RETURN_IF_ERROR(CheckNothingIsRolledBack());
  return Commit();
}

// The same of a part of a transaction, which then goes on.
absl::StatusOr<Step> EventProcessor::OnRollbackToSavepoint() {
  MILLRACE_RETURN_IF_ERROR(CheckNothingIsRolledBack());
  return Step::kWithin;
}

absl::Status EventProcessor::CheckNothingIsRolledBack() const {
  if (!in_transaction_) return Unexpected("ROLLBACK outside of a transaction");
  if (builder_.transaction_changes() == 0) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "ROLLBACK_AMBIGUOUS",
                   "a transaction that changed tables of a non-transactional engine was rolled "
                   "back, and the binlog does not tell which of its rows stayed; convert those "
                   "tables to InnoDB, or leave them out with source.tables");
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
  for (const TableName& table : statement.tables) registry_.Doubt(table);
  if (statement.may_concern_any_table) registry_.DoubtAll();
  if (alter_unfinished_) return CommitEmpty(event);
  const bool truncates = statement.kind != StatementKind::kDefinition;
  const bool goes_on = in_transaction_ || statement.starts_transaction;
  if (!in_transaction_) Begin(event);
  if (!statement.temporary) {
    MILLRACE_RETURN_IF_ERROR(AddDefinition(query, statement, truncates));
  }
  return goes_on ? Step::kWithin : Commit();
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
      registry_.RenameColumns(table, statement.column_renames);
    }
    change.table = table;
    change.table_id = registry_.TableIdOf(table);
    MILLRACE_RETURN_IF_ERROR(builder_.AddDefinitionChange(change));
  }
  return absl::OkStatus();
}

bool EventProcessor::Captured(const TableName& table) const {
  return options_.tables.Matches(table.database, table.table) && !IsSystemDatabase(table.database);
}

}  // namespace millrace::ingest
