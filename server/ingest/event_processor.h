// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "binlog/event.h"
#include "binlog/events.h"
#include "coverage/coverage.h"
#include "ingest/commit_time_limit.h"
#include "ingest/file_order.h"
#include "ingest/merge_tables.h"
#include "ingest/prepared_xa.h"
#include "ingest/savepoints.h"
#include "ingest/sent_statement.h"
#include "ingest/source_memory.h"
#include "ingest/source_memory_recorder.h"
#include "ingest/table_plans.h"
#include "ingest/temporary_tables.h"
#include "ingest/transaction_gtid.h"
#include "model/binlog_place.h"
#include "model/capture_rules.h"
#include "model/flavour.h"
#include "model/source_position.h"
#include "model/table_name.h"
#include "mysql/name_folding.h"
#include "schema/registry.h"
#include "schema/statement.h"
#include "snapshot/live_changes.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// What an event did to the stream of transactions.
enum class Step {
  kContinue,     // nothing that could be committed
  kCommitPoint,  // a transaction ended, or the position between two of them moved
  kDropStaged,   // a transaction was taken back of which frames had been staged; kCommitPoint is
                 // implied
};

// Turns the events of one dump stream into transactions in a frame builder. Knows the grammar of
// binlogs of both flavours; does no I/O but for asking `fetch_details` and `redefined_later`. Every
// error names file and position of the event and stops the feed there: what cannot be decoded is
// never passed over. Belongs to the ingest thread.
//
// Reasons besides those of binlog, schema and transcode: EVENT_UNKNOWN, EVENT_UNEXPECTED (not the
// grammar of a binlog), EVENT_TRUNCATED (a part of a transaction is missing), SOURCE_CHANGED (as
// SourceMemoryRecorder), SOURCE_PURGED (as FileOrder), STATEMENT_BASED_CHANGE, XA_UNSUPPORTED,
// ROLLBACK_TOO_LARGE, SOURCE_INCIDENT.
class EventProcessor {
 public:
  struct Options {
    Flavour flavour = Flavour::kMysql;
    // Statements that name an excluded column are not shown.
    CaptureRules capture;
    // As `source.statement_tables`.
    TablePatterns statement_tables = {};
    uint64_t event_bytes_max = 0;
    SourcePosition start;
    SourceMemory memory = {};  // that belongs to `start`
  };
  // Takes frames that are ready out of the builder. Called while a compressed transaction is
  // unpacked, which may be many times larger than the event that holds it.
  using HandOver = std::function<absl::Status()>;

  // All must outlive it.
  struct Parts {
    schema::Registry& registry;
    transcode::FrameBuilder& builder;
    TableCounterMap& counters;
    coverage::Coverage& coverage;
    PreparedXa& prepared_xa;
    MergeTables& merge_tables;
    snapshot::LiveChanges& live_changes;
    FetchDetails fetch_details;
    // As IsRedefinedLater, from the place on.
    std::function<absl::StatusOr<bool>(const TableName& table, RedefinedPart what,
                                       const BinlogPlace& from)>
        redefined_later;
    HandOver hand_over;
    CommitTimeLimit* commit_times = nullptr;  // null: commit times are not clamped
  };

  EventProcessor(Options options, const Parts& parts);

  struct StreamStart {
    // It comes from the server in whose binlog position() is a place, and begins there or, by GTID
    // set, before it.
    bool position_is_valid = false;
    // MariaDB: it begins by GTIDs, of which nothing proves that they name one place there. Once
    // numbers go back in it, that is SOURCE_CHANGED.
    bool gtids_unverified = false;
    // It was asked for by GTID set, or by file and offset.
    bool by_gtid = false;
  };
  // Before the first event of a stream.
  void BeginStream(const StreamStart& start) {
    keeps_position_ = start.position_is_valid && !resume_file_.empty();
    gtids_unverified_ = start.gtids_unverified;
    file_order_.BeginStream(start.by_gtid);
  }
  // How the source that is read spells names; until set, as they are typed.
  void SetNames(NameFolding names) { names_ = std::move(names); }

  // What the next stream is read from: a name as ServerName gives it, and where that is.
  void SetSource(std::string server, std::string endpoint) {
    file_order_.SetEndpoint(endpoint);
    recorder_.SetSource(std::move(server), std::move(endpoint));
  }

  // Takes one event as the dump stream delivers it.
  absl::StatusOr<Step> Process(std::string_view event);
  // Takes back the transaction in progress, if there is one: the stream has broken and will begin
  // again at position(). True if frames of it had been staged.
  bool Reset();

  // Place after the last transaction that ended.
  SourcePosition position() const;
  // What the log has to remember of the source that the position was read from.
  SourceMemory memory() const { return recorder_.memory(resume_file_); }
  // True if position() moved without any captured change since this was last asked.
  bool TakePositionMoved() { return std::exchange(position_moved_, false); }
  bool in_transaction() const { return in_transaction_; }
  // Whether the open frame may be closed: it moves the changes of the transaction in progress, and
  // a ROLLBACK TO could not take them back any more.
  bool may_close_frame() const {
    return !in_transaction_ || savepoints_.empty() || builder_.transaction_changes() == 0;
  }
  // Between two transactions of a stream that has said which file it reads: tasks may run.
  bool between_transactions() const {
    return file_known_ && !in_transaction_ && !announced_ && !file_order_.may_miss_file();
  }
  // Requires between_transactions(): everything before this place has been taken, nothing behind
  // it. May be behind position(), by events that are no part of a transaction.
  BinlogPlace place() const { return {.file = file_, .offset = offset_}; }
  // Tasks have run, and may have set coverage.
  void OnTasksRun() { plans_.ForgetCoverageNotes(); }
  // Tables that got rows the log does not know since this was last asked: they have to be read.
  std::vector<TableName> TakeUncovered() { return std::exchange(uncovered_, {}); }
  // Commit time of the newest transaction that began, clamped by CommitTimeLimit; 0 before the
  // first.
  Micros commit_time() const { return commit_time_; }
  // Transactions that have ended since it was made, also those without captured changes.
  uint64_t transactions() const { return transactions_; }

 private:
  using Event = binlog::Event;

  absl::StatusOr<Step> Dispatch(const Event& event);
  absl::StatusOr<Step> DispatchTransaction(const Event& event);
  absl::StatusOr<Step> DispatchControl(const Event& event);
  absl::StatusOr<Step> DispatchIgnored(const Event& event) const;
  absl::StatusOr<Step> OnRotate(const Event& event);
  absl::StatusOr<Step> OnFormatDescription(const Event& event);
  absl::StatusOr<Step> OnPreviousGtids(const Event& event);
  absl::StatusOr<Step> OnMysqlGtid(const Event& event);
  absl::StatusOr<Step> OnMariadbGtid(const Event& event);
  absl::StatusOr<Step> OnQuery(const Event& event);
  absl::StatusOr<Step> OnRows(const Event& event);
  absl::StatusOr<Step> OnPayload(const Event& event);
  absl::StatusOr<Step> OnXaPrepare(const Event& event);
  absl::StatusOr<Step> OnHeartbeat(const Event& event);
  absl::StatusOr<Step> OnCompressed(const Event& event);
  absl::StatusOr<Step> OnStatement(const Event& event, const SentStatement& sent,
                                   const schema::Statement& statement);
  absl::StatusOr<Step> OnDefinition(const Event& event, const SentStatement& sent,
                                    const schema::Statement& statement);
  absl::StatusOr<Step> OnBegin(const Event& event);
  absl::StatusOr<Step> OnRollback();
  absl::StatusOr<Step> OnRollbackToSavepoint(std::string_view name);
  absl::Status NoteTableOfXa(const Event& event);
  void NoteDatabasesOfXa(std::string_view databases);
  absl::StatusOr<Step> OnXaStatement(const Event& event, std::string_view text,
                                     const schema::Statement& statement);
  absl::StatusOr<Step> EndXa(const Event& event, const std::string& xid, bool commits);
  // For a statement that changed rows which the binlog does not hold; `databases` as in
  // binlog::Query, `tables` as in schema::Statement.
  absl::StatusOr<Step> OnRowStatement(const Event& event, std::optional<std::string_view> databases,
                                      const std::vector<TableName>& tables);
  absl::StatusOr<Step> OnLoadQuery(const Event& event);
  // Whether a CREATE TABLE with a query may have changed rows of captured tables.
  bool MayFillCaptured(const schema::Statement& statement) const;
  // Whether the operator vouches for a statement that changes rows of `tables` alone.
  bool AreStatementTables(const std::vector<TableName>& tables) const;
  bool MayChangeCaptured(std::optional<std::string_view> databases) const;
  absl::Status AddDefinition(const SentStatement& sent, const schema::Statement& statement,
                             bool truncates);
  // The captured tables that it concerns, as far as the log knows of them.
  std::vector<TableName> TablesConcerned(const schema::Statement& statement) const;
  std::string ShownTextOf(const SentStatement& sent, const schema::Statement& statement) const;
  void WarnNotUnderstood() const;
  void WarnInDoubt(const schema::Statement& statement) const;
  absl::StatusOr<Step> PrepareXa(const std::string& xid);
  absl::Status ExpectNoneCaptured(const PreparedXa::Tables& tables) const;

  Micros ClampedCommitTime(Micros commit_time) const {
    return commit_times_ == nullptr ? commit_time : commit_times_->Clamp(commit_time);
  }
  void Begin(const Event& event);
  // A transaction that holds nothing for us.
  absl::StatusOr<Step> CommitEmpty(const Event& event);
  absl::StatusOr<Step> Commit();
  // After its GTID was counted: the position moves behind it.
  void EndTransaction();
  Step Abandon();
  // Takes back what the transaction added; true if frames of it had been staged.
  bool AbandonChanges();
  // The transaction in progress is as long as it says.
  absl::Status CheckLength() const;
  // No transaction is in progress or announced any more.
  void ForgetTransaction();
  void Advance(const Event& event);
  void NoteDefinitionChange(const schema::Statement& statement);
  // Which tables the statement drops and creates.
  void NoteExistence(const schema::Statement& statement);
  void NoteCoverage(const schema::Statement& statement, bool truncates);
  // Rows of the table come, for the first time since its definition or coverage was set.
  void NoteRows(TablePlans::Entry& table);
  void NotePartialImages(TablePlans::Entry& table);
  absl::Status NumbersDecreased(const MariadbGtid& gtid, const MariadbGtid& before) const;
  absl::Status OnRowsOfMerged(const TablePlans::Entry& merge);
  absl::Status AddRows(TablePlans::Entry& table, const binlog::Rows& rows,
                       snapshot::TableChanges* observer);
  // Of a table whose events have rows of the past too.
  absl::Status AddCurrentRows(TablePlans::Entry& table, binlog::Rows rows,
                              snapshot::TableChanges* observer);
  bool Captured(const TableName& table) const { return options_.capture.Captures(table); }
  absl::Status Unexpected(std::string_view what) const;
  absl::Status TransactionCut(std::string_view when) const;
  absl::Status AtEvent(const absl::Status& status) const;

  const Options options_;
  NameFolding names_;
  schema::Registry& registry_;
  transcode::FrameBuilder& builder_;
  coverage::Coverage& coverage_;
  PreparedXa& prepared_xa_;
  MergeTables& merge_tables_;
  snapshot::LiveChanges& live_changes_;
  TablePlans plans_;
  const HandOver hand_over_;
  CommitTimeLimit* const commit_times_;
  binlog::EventReader reader_;
  SourceMemoryRecorder recorder_;
  FileOrder file_order_;

  // Where the stream is: `offset_` is after the event being processed.
  std::string file_;
  uint64_t offset_ = 0;
  bool file_known_ = false;        // the source has named the file since the stream began
  bool keeps_position_ = false;    // which is not where the stream begins
  bool gtids_unverified_ = false;  // see StreamStart
  uint64_t event_offset_ = 0;
  binlog::EventType event_type_ = binlog::EventType::kUnknown;
  // Where the last transaction ended.
  std::string resume_file_;
  uint64_t resume_offset_ = 0;
  bool position_moved_ = false;

  // The transaction in progress or announced by a GTID event.
  bool in_transaction_ = false;
  bool announced_ = false;
  bool standalone_ = false;        // MariaDB: the next event is all of it
  bool alter_unfinished_ = false;  // MariaDB: START ALTER or ROLLBACK ALTER: nothing changed
  TransactionGtid gtid_;
  Micros announced_commit_time_ = 0;
  uint32_t server_id_ = 0;
  uint64_t transaction_offset_ = 0;
  uint64_t transaction_bytes_ = 0;           // of its events so far
  uint64_t transaction_bytes_declared_ = 0;  // by its GTID event; 0: not told
  Micros commit_time_ = 0;                   // clamped by CommitTimeLimit
  uint64_t transactions_ = 0;
  Savepoints savepoints_;
  TemporaryTables temporary_tables_;
  bool in_xa_ = false;              // the transaction in progress is an XA transaction
  PreparedXa::Tables xa_tables_;    // that it changes and nobody captures
  PreparedXa::Tables xa_captured_;  // that it changes besides
  // Captured tables in which the transaction at hand changed rows by way of a MERGE table; a name
  // without letters: any.
  std::set<TableName> merge_changed_;

  std::vector<TableName> uncovered_;

  std::string uncompressed_;
};

}  // namespace millrace::ingest
