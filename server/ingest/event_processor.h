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

// What the caller can do after an event.
enum class Step {
  kContinue,     // nothing: no transaction ended
  kCommitPoint,  // commit: a transaction ended, or the position moved between transactions
  kDropStaged,   // drop staged frames of a transaction that was rolled back; implies kCommitPoint
};

// Turns the events of one dump stream into transactions in a frame builder. Knows the binlog
// grammar of both flavours. Does no I/O except through `fetch_details` and `redefined_later`. Every
// error names the file and position of the event and stops the feed there: an event that cannot be
// decoded is never skipped. Belongs to the ingest thread.
//
// Reasons besides those of binlog, schema and transcode: EVENT_UNKNOWN, EVENT_UNEXPECTED (violates
// the grammar of a binlog), EVENT_TRUNCATED (a part of a transaction is missing), SOURCE_CHANGED
// (see SourceMemoryRecorder), SOURCE_PURGED (see FileOrder), STATEMENT_BASED_CHANGE,
// XA_UNSUPPORTED, ROLLBACK_TOO_LARGE, SOURCE_INCIDENT.
class EventProcessor {
 public:
  struct Options {
    Flavour flavour = Flavour::kMysql;
    // Also hides the text of statements that name an excluded column.
    CaptureRules capture;
    // From `source.statement_tables`.
    TablePatterns statement_tables = {};
    uint64_t event_bytes_max = 0;
    SourcePosition start;
    SourceMemory memory = {};  // belongs to `start`
  };
  // Takes the finished frames out of the builder. Called while a compressed transaction is
  // decompressed, which may be many times larger than its event.
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
    // Calls IsRedefinedLater for the binlog from `from` on.
    std::function<absl::StatusOr<bool>(const TableName& table, RedefinedPart what,
                                       const BinlogPlace& from)>
        redefined_later;
    HandOver hand_over;
    CommitTimeLimit* commit_times = nullptr;  // null: commit times are not clamped
  };

  EventProcessor(Options options, const Parts& parts);

  struct StreamStart {
    // position() is valid on this server, and the stream starts there or, by GTID set, before it.
    bool position_is_valid = false;
    // MariaDB: the stream starts by GTIDs, but nothing verified that they identify one position on
    // this server. If the numbers of GTIDs decrease in it, the error is SOURCE_CHANGED.
    bool gtids_unverified = false;
    // The stream was requested by GTID set rather than by file and offset.
    bool by_gtid = false;
  };
  // Call before the first event of a stream.
  void BeginStream(const StreamStart& start) {
    keeps_position_ = start.position_is_valid && !resume_file_.empty();
    gtids_unverified_ = start.gtids_unverified;
    file_order_.BeginStream(start.by_gtid);
  }
  // Sets how the current source spells names. Until then names stay as typed.
  void SetNames(NameFolding names) { names_ = std::move(names); }

  // Sets the server of the next stream: its ServerName, and its endpoint for messages.
  void SetSource(std::string server, std::string endpoint) {
    file_order_.SetEndpoint(endpoint);
    recorder_.SetSource(std::move(server), std::move(endpoint));
  }

  // Processes one event as delivered by the dump stream.
  absl::StatusOr<Step> Process(std::string_view event);
  // Rolls back the transaction in progress, if any: the stream broke, and the next one starts at
  // position(). True if frames of the transaction had been staged.
  bool Reset();

  // The position after the last finished transaction.
  SourcePosition position() const;
  // What the log must remember of the source that position() came from.
  SourceMemory memory() const { return recorder_.memory(resume_file_); }
  // True if position() moved without any captured change since the last call.
  bool TakePositionMoved() { return std::exchange(position_moved_, false); }
  bool in_transaction() const { return in_transaction_; }
  // Whether the open frame may be closed. A later ROLLBACK TO cannot roll back changes in a closed
  // frame.
  bool may_close_frame() const {
    return !in_transaction_ || savepoints_.empty() || builder_.transaction_changes() == 0;
  }
  // True between two transactions of a stream that has named its file: tasks may run.
  bool between_transactions() const {
    return file_known_ && !in_transaction_ && !announced_ && !file_order_.may_miss_file();
  }
  // Where the stream is: everything before has been processed, nothing after it. Requires
  // between_transactions(). May be after position(), because of events outside of transactions.
  BinlogPlace place() const { return {.file = file_, .offset = offset_}; }
  // Call after tasks have run, since they may have set coverage.
  void OnTasksRun() { plans_.ForgetCoverageNotes(); }
  // Returns the tables that have, since the last call, received rows that the log lacks. A snapshot
  // must read them.
  std::vector<TableName> TakeUncovered() { return std::exchange(uncovered_, {}); }
  // Commit time of the newest transaction that started, clamped by CommitTimeLimit; 0 before the
  // first.
  Micros commit_time() const { return commit_time_; }
  // Number of transactions committed since construction, including those without captured changes.
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
  // Handles a statement that changed rows which the binlog does not contain; `databases` as in
  // binlog::Query, `tables` as in schema::Statement.
  absl::StatusOr<Step> OnRowStatement(const Event& event, std::optional<std::string_view> databases,
                                      const std::vector<TableName>& tables);
  absl::StatusOr<Step> OnLoadQuery(const Event& event);
  // Whether a CREATE TABLE … SELECT may have changed rows of captured tables.
  bool MayFillCaptured(const schema::Statement& statement) const;
  // Whether the operator declared that a statement on `tables` changes no other tables
  // (source.statement_tables).
  bool AreStatementTables(const std::vector<TableName>& tables) const;
  bool MayChangeCaptured(std::optional<std::string_view> databases) const;
  absl::Status AddDefinition(const SentStatement& sent, const schema::Statement& statement,
                             bool truncates);
  // The captured tables that the statement concerns, as far as the log knows them.
  std::vector<TableName> TablesConcerned(const schema::Statement& statement) const;
  std::string ShownTextOf(const SentStatement& sent, const schema::Statement& statement) const;
  void WarnNotUnderstood() const;
  void WarnAmbiguous(const schema::Statement& statement) const;
  absl::StatusOr<Step> PrepareXa(const std::string& xid);
  absl::Status ExpectNoneCaptured(const PreparedXa::Tables& tables) const;

  Micros ClampedCommitTime(Micros commit_time) const {
    return commit_times_ == nullptr ? commit_time : commit_times_->Clamp(commit_time);
  }
  void Begin(const Event& event);
  // Ends a transaction without captured changes.
  absl::StatusOr<Step> CommitEmpty(const Event& event);
  absl::StatusOr<Step> Commit();
  // Moves the position to the end of the transaction. Requires: the builder's GTIDs include its
  // GTID.
  void EndTransaction();
  Step Abandon();
  // Rolls back the changes of the transaction; true if frames of it had been staged.
  bool AbandonChanges();
  // Checks that the transaction in progress is as long as its GTID event declares.
  absl::Status CheckLength() const;
  // Clears the state of the transaction that is in progress or announced.
  void ForgetTransaction();
  void Advance(const Event& event);
  void NoteDefinitionChange(const schema::Statement& statement);
  // Records which tables the statement drops and creates.
  void NoteExistence(const schema::Statement& statement);
  void NoteCoverage(const schema::Statement& statement, bool truncates);
  // Called for the first rows of a table since its definition or coverage was set.
  void NoteRows(TablePlans::Entry& table);
  void NotePartialImages(TablePlans::Entry& table);
  absl::Status NumbersDecreased(const MariadbGtid& gtid, const MariadbGtid& before) const;
  absl::Status OnRowsOfMerged(const TablePlans::Entry& merge);
  absl::Status AddRows(TablePlans::Entry& table, const binlog::Rows& rows,
                       snapshot::TableChanges* observer);
  // For a system-versioned table, whose events also contain historical rows.
  absl::Status AddCurrentRows(TablePlans::Entry& table, binlog::Rows rows,
                              snapshot::TableChanges* observer);
  bool Captured(const TableName& table) const { return options_.capture.Captures(table); }
  absl::Status Unexpected(std::string_view what) const;
  absl::Status TransactionTruncated(std::string_view when) const;
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

  // The position in the stream: `offset_` is after the event being processed.
  std::string file_;
  uint64_t offset_ = 0;
  bool file_known_ = false;  // the source has named the file since the stream started
  // the first file of the stream does not set the position
  bool keeps_position_ = false;
  bool gtids_unverified_ = false;  // see StreamStart
  uint64_t event_offset_ = 0;
  binlog::EventType event_type_ = binlog::EventType::kUnknown;
  // Where to resume: after the last finished transaction.
  std::string resume_file_;
  uint64_t resume_offset_ = 0;
  bool position_moved_ = false;

  // The transaction in progress, or announced by a GTID event.
  bool in_transaction_ = false;
  bool announced_ = false;
  bool standalone_ = false;        // MariaDB: the next event is the whole transaction
  bool alter_unfinished_ = false;  // MariaDB: START ALTER or ROLLBACK ALTER; nothing changed yet
  TransactionGtid gtid_;
  Micros announced_commit_time_ = 0;
  uint32_t server_id_ = 0;
  uint64_t transaction_offset_ = 0;
  uint64_t transaction_bytes_ = 0;           // of its events so far
  uint64_t transaction_bytes_declared_ = 0;  // by its GTID event; 0: unknown
  Micros commit_time_ = 0;                   // clamped by CommitTimeLimit
  uint64_t transactions_ = 0;
  Savepoints savepoints_;
  TemporaryTables temporary_tables_;
  bool in_xa_ = false;              // the transaction in progress is an XA transaction
  PreparedXa::Tables xa_tables_;    // changed by the transaction but not captured
  PreparedXa::Tables xa_captured_;  // changed by the transaction and captured
  // Captured tables whose rows the transaction in progress changed through a MERGE table. An empty
  // name means any table.
  std::set<TableName> merge_changed_;

  std::vector<TableName> uncovered_;

  std::string uncompressed_;
};

}  // namespace millrace::ingest
