// SPDX-License-Identifier: Apache-2.0

// The part of EventProcessor that follows transactions: where they begin and end, and their rows.

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "ingest/event_processor.h"
#include "ingest/statement_text.h"
#include "model/quoted.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {
namespace {

constexpr Micros kSecond = 1'000'000;
// Longest XID as XA COMMIT spells it: twice 64 bytes in hexadecimal and a number.
constexpr size_t kXidBytesMax = 300;

void Count(TableCounters& counters, binlog::RowsKind kind, uint32_t rows) {
  switch (kind) {
    case binlog::RowsKind::kWrite:
      counters.inserts.fetch_add(rows, std::memory_order_relaxed);
      return;
    case binlog::RowsKind::kUpdate:
    case binlog::RowsKind::kPartialUpdate:
      counters.updates.fetch_add(rows, std::memory_order_relaxed);
      return;
    case binlog::RowsKind::kDelete:
      counters.deletes.fetch_add(rows, std::memory_order_relaxed);
      return;
  }
}

// Returns the first few names.
std::string TablesText(const std::set<TableName>& tables) {
  constexpr size_t kNamesMax = 5;
  std::string text;
  size_t names = 0;
  for (const TableName& table : tables) {
    if (names++ == kNamesMax) return text + ", …";
    text += (text.empty() ? "" : ", ") + Quoted(table.ToString());
  }
  return text;
}

// Returns the newest transaction of the domain before `gtid`.
std::optional<MariadbGtid> LastOfDomain(const GtidSet& gtids, const MariadbGtid& gtid) {
  const auto& last = gtids.mariadb().last();
  const auto found = last.find(gtid.domain);
  return found == last.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

bool EventProcessor::Reset() {
  const bool staged = Abandon() == Step::kDropStaged;
  file_known_ = false;
  file_ = resume_file_;
  offset_ = resume_offset_;
  recorder_.Reset(resume_file_);
  plans_.Clear();
  reader_ = binlog::EventReader(options_.flavour);
  return staged;
}

absl::StatusOr<Step> EventProcessor::OnMysqlGtid(const Event& event) {
  if (in_transaction_ || announced_) return Unexpected("a transaction begins inside another");
  MILLRACE_ASSIGN_OR_RETURN(binlog::MysqlGtidEvent gtid, binlog::ParseMysqlGtid(event));
  announced_ = true;
  // This event's offset, not the end of the previous event: a source that sends by GTID set skips
  // transactions silently.
  transaction_offset_ = offset_ - event.header.size;
  server_id_ = event.header.server_id;
  announced_commit_time_ = gtid.immediate_commit_time;
  transaction_bytes_ = event.header.size;
  transaction_bytes_declared_ = gtid.transaction_size;
  recorder_.Begin(transaction_offset_, gtid.original_commit_time, std::nullopt);
  if (gtid.gtid.has_value()) gtid_.Set(*std::move(gtid.gtid));
  return Step::kContinue;
}

absl::StatusOr<Step> EventProcessor::OnMariadbGtid(const Event& event) {
  if (in_transaction_ || announced_) return Unexpected("a transaction begins inside another");
  MILLRACE_ASSIGN_OR_RETURN(const binlog::MariadbGtidEvent gtid, binlog::ParseMariadbGtid(event));
  const std::optional<MariadbGtid> before = LastOfDomain(builder_.gtids(), gtid.gtid);
  if (gtids_unverified_ && before.has_value() && gtid.gtid.number <= before->number) [[unlikely]]
    return NumbersDecreased(gtid.gtid, *before);
  announced_ = true;
  // This event's offset, not the end of the previous event: a source that sends by GTID set skips
  // transactions silently.
  transaction_offset_ = offset_ - event.header.size;
  server_id_ = event.header.server_id;
  announced_commit_time_ = Micros{event.header.timestamp} * kSecond;
  recorder_.Begin(transaction_offset_, announced_commit_time_, before);
  gtid_.Set(gtid.gtid);
  standalone_ = gtid.standalone;
  alter_unfinished_ = gtid.start_alter || gtid.rollback_alter;
  if (!standalone_) Begin(event);
  in_xa_ = gtid.prepared_xa;
  return Step::kContinue;
}

// If two transactions of the source have the same number, it may have started the stream after the
// wrong one.
absl::Status EventProcessor::NumbersDecreased(const MariadbGtid& gtid,
                                              const MariadbGtid& before) const {
  std::string texts[2];
  AppendText(texts[0], gtid);
  AppendText(texts[1], before);
  return MakeError(
      reason::kSourceChanged,
      fmt::format(
          "the source sends {} after {}: if numbers can decrease (gtid_strict_mode = OFF), a "
          "GTID does not identify a position, and the last transaction that was read could "
          "not be compared; connect to the server that was read before, or start a new log",
          texts[0], texts[1]));
}

void EventProcessor::Begin(const Event& event) {
  if (!announced_) {
    transaction_offset_ = event_offset_;
    server_id_ = event.header.server_id;
    announced_commit_time_ = 0;
    recorder_.BeginAnonymous();
  }
  const Micros commit_time = announced_commit_time_ != 0 ? announced_commit_time_
                                                         : Micros{event.header.timestamp} * kSecond;
  commit_time_ = ClampedCommitTime(commit_time);
  builder_.BeginTransaction({.gtid = gtid_.text(),
                             .commit_time = commit_time,
                             .clamped_time = commit_time_,
                             .server_id = server_id_,
                             .file = file_,
                             .position = transaction_offset_});
  in_transaction_ = true;
  savepoints_.Clear();
}

absl::Status EventProcessor::CheckLength() const {
  if (transaction_bytes_ >= transaction_bytes_declared_) return absl::OkStatus();
  return TransactionTruncated(fmt::format("a commit comes after {} of {} bytes,",
                                          transaction_bytes_, transaction_bytes_declared_));
}

absl::StatusOr<Step> EventProcessor::Commit() {
  MILLRACE_RETURN_IF_ERROR(CheckLength());
  gtid_.AddTo(builder_.gtids());
  builder_.EndTransaction();
  EndTransaction();
  ++transactions_;
  return Step::kCommitPoint;
}

void EventProcessor::EndTransaction() {
  recorder_.End(gtid_.text());
  ForgetTransaction();
  // A transaction ends in the file in which it started: OnRotate accepts no end of a file inside
  // one.
  resume_file_ = file_;
  resume_offset_ = offset_;
  position_moved_ = true;
}

absl::StatusOr<Step> EventProcessor::CommitEmpty(const Event& event) {
  if (!in_transaction_) Begin(event);
  return Commit();
}

// The log lacks the keys that the transaction changed, so live_changes_ must treat them as
// uncertain.
bool EventProcessor::AbandonChanges() {
  live_changes_.NoteRollback();
  return builder_.AbandonTransaction();
}

Step EventProcessor::Abandon() {
  const bool staged = in_transaction_ && AbandonChanges();
  ForgetTransaction();
  return staged ? Step::kDropStaged : Step::kContinue;
}

void EventProcessor::ForgetTransaction() {
  gtid_.Reset();
  transaction_bytes_declared_ = 0;
  in_transaction_ = announced_ = standalone_ = alter_unfinished_ = in_xa_ = false;
  merge_changed_.clear();
  xa_tables_.clear();
  xa_captured_.clear();
}

absl::StatusOr<Step> EventProcessor::OnRows(const Event& event) {
  if (!in_transaction_) return Unexpected("rows outside of a transaction");
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Rows rows, binlog::ParseRows(event));
  recorder_.content().AddRows(rows);
  TablePlans::Entry* table = plans_.Find(rows.table_id);
  if (table == nullptr) {
    // A statement may end with an empty event, which has a dummy table number.
    if (rows.rows.empty()) return Step::kContinue;
    return Unexpected(
        fmt::format("rows of table number {}, which no TABLE_MAP describes", rows.table_id));
  }
  if (!table->merged.empty() || table->merged_unknown) [[unlikely]]
    MILLRACE_RETURN_IF_ERROR(OnRowsOfMerged(*table));
  if (table->plan == nullptr) return Step::kContinue;
  if (!table->rows_noted) [[unlikely]]
    NoteRows(*table);
  snapshot::TableChanges* observer = nullptr;
  if (live_changes_.recording()) [[unlikely]]
    observer = live_changes_.Find(table->plan->table()->name);
  const absl::Status added = table->plan->has_versions() ? AddCurrentRows(*table, rows, observer)
                                                         : AddRows(*table, rows, observer);
  if (!added.ok()) return WithContext(added, "table " + table->plan->table()->name.ToString());
  return Step::kContinue;
}

// The rows belong to one of the member tables, but the event does not say which.
absl::Status EventProcessor::OnRowsOfMerged(const TablePlans::Entry& merge) {
  schema::Statement change;
  change.kind = schema::StatementKind::kDefinition;
  change.verb = schema::StatementVerb::kAlter;
  // Once per transaction.
  std::copy_if(merge.merged.begin(), merge.merged.end(), std::back_inserter(change.tables),
               [this](const TableName& table) {
                 return Captured(table) && merge_changed_.insert(table).second;
               });
  change.may_concern_any_table = merge.merged_unknown && merge_changed_.insert(TableName()).second;
  if (change.tables.empty() && !change.may_concern_any_table) return absl::OkStatus();
  if (live_changes_.recording()) NoteDefinitionChange(change);
  NoteCoverage(change, /*truncates=*/false);
  return AddDefinition(SentStatement(), change, /*truncates=*/false);
}

absl::Status EventProcessor::AddRows(TablePlans::Entry& table, const binlog::Rows& rows,
                                     snapshot::TableChanges* observer) {
  MILLRACE_ASSIGN_OR_RETURN(const uint32_t count, builder_.AddRows(*table.plan, rows, observer));
  if (builder_.last_event_partial() && !table.partial_noted) [[unlikely]]
    NotePartialImages(table);
  Count(*table.counters, rows.kind, count);
  return absl::OkStatus();
}

absl::Status EventProcessor::AddCurrentRows(TablePlans::Entry& table, binlog::Rows rows,
                                            snapshot::TableChanges* observer) {
  binlog::Rows current;
  while (!rows.rows.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(const bool any, table.plan->TakeCurrent(rows, rows.rows, current));
    if (any) MILLRACE_RETURN_IF_ERROR(AddRows(table, current, observer));
  }
  return absl::OkStatus();
}

void EventProcessor::NoteRows(TablePlans::Entry& table) {
  table.rows_noted = true;
  const schema::TableVersion& version = *table.plan->table();
  if (!coverage_.OnRows(version)) return;
  live_changes_.NoteDefinitionChange(version.name);
  spdlog::warn(
      "rows at {}:{} show that table {} was redefined without a statement in the binlog: it must "
      "be read again before a subscription can start at SNAPSHOT",
      file_, event_offset_, version.name.ToString());
}

void EventProcessor::NotePartialImages(TablePlans::Entry& table) {
  table.partial_noted = true;
  coverage_.OnPartialRow(table.plan->table()->name);
}

absl::StatusOr<Step> EventProcessor::OnXaPrepare(const Event& event) {
  if (!in_transaction_) return Unexpected("XA PREPARE outside of a transaction");
  MILLRACE_ASSIGN_OR_RETURN(const binlog::XaPrepare prepare, binlog::ParseXaPrepare(event));
  if (prepare.one_phase) return Commit();
  return PrepareXa(XidText(prepare.xid));
}

absl::Status EventProcessor::NoteTableOfXa(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const auto names, binlog::ParseTableMapNames(event.body));
  TableName table{std::string(names.first), std::string(names.second)};
  (Captured(table) ? xa_captured_ : xa_tables_).insert(std::move(table));
  return absl::OkStatus();
}

absl::StatusOr<Step> EventProcessor::PrepareXa(const std::string& xid) {
  if (builder_.transaction_changes() > 0) {
    const std::string_view them = xa_captured_.size() == 1 ? "it" : "them";
    return MakeError(
        reason::kXaUnsupported,
        fmt::format(
            "an XA transaction with changes of {} was prepared, and XA is delivered only "
            "with XA COMMIT … ONE PHASE: exclude {} with source.tables and restart; include "
            "{} again after its XA COMMIT or XA ROLLBACK was read",
            TablesText(xa_captured_), them, them));
  }
  prepared_xa_.Add(xid, std::move(xa_tables_));
  return Commit();
}

// If the transaction had been prepared in this log with a change of a captured table, the feed
// would have stopped there.
absl::StatusOr<Step> EventProcessor::EndXa(const Event& event, const std::string& xid,
                                           bool commits) {
  const PreparedXa::Tables* tables = prepared_xa_.Find(xid);
  if (commits && tables == nullptr) {
    const std::string name = Quoted(xid, kXidBytesMax);
    return MakeError(
        reason::kXaUnsupported,
        fmt::format("XA COMMIT of {}, which was prepared before this log started or changed too "
                    "many tables, so its tables are unknown: end all transactions that XA RECOVER "
                    "shows on the source, then start a new log after them",
                    name),
        {{"xid", name}});
  }
  if (commits) MILLRACE_RETURN_IF_ERROR(ExpectNoneCaptured(*tables));
  // Only now is it certain that the transaction ends: after an error it is read again.
  prepared_xa_.Remove(xid);
  return CommitEmpty(event);
}

absl::Status EventProcessor::ExpectNoneCaptured(const PreparedXa::Tables& tables) const {
  for (const TableName& table : tables) {
    // Without a table name: a statement logged as text may have changed any table of the database.
    const bool any = table.table.empty();
    if (any ? !options_.capture.MayCapture(table.database) : !Captured(table)) continue;
    const std::string name =
        any ? "any table of " + Quoted(table.database) : Quoted(table.ToString());
    return MakeError(reason::kXaUnsupported,
                     fmt::format("XA COMMIT of a transaction that changed {} before it was "
                                 "captured: exclude the table with source.tables and restart, "
                                 "and include it again after this transaction was read",
                                 name),
                     {{"table", name}});
  }
  return absl::OkStatus();
}

}  // namespace millrace::ingest
