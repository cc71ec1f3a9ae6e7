// SPDX-License-Identifier: Apache-2.0

#include "snapshot/table_reader.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "base/retry_policy.h"
#include "fmt/format.h"
#include "mysql/query_rows.h"
#include "mysql/read_marks.h"
#include "mysql/table_access.h"
#include "mysql/table_details.h"
#include "schema/definition.h"
#include "schema/described_map.h"
#include "snapshot/definition_match.h"
#include "snapshot/source_tables.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {
namespace {

// Memory for the keys that the stream touches while a chunk is read.
constexpr size_t kTouchedBytesMax = 64 << 20;
// Consecutive attempts that end because the definition changed. More indicate a bug in the
// comparison, so the table fails.
constexpr int kConsecutiveChangesMax = 20;
constexpr Micros kChangePause = 20'000;
absl::Status TableChanged() {
  return MakeError(reason::kTableChanged, "the table's definition changed");
}

}  // namespace

TableReader::TableReader(const Parts& parts, Connection& connection, Assignment assignment)
    : parts_(parts),
      options_(parts.config.snapshot),
      connection_(connection),
      assignment_(std::move(assignment)),
      name_(assignment_.table.ToString()),
      windows_({.options = options_,
                .tasks = parts.tasks,
                .jobs = parts.jobs,
                .clock = parts.clock,
                .connection = connection,
                .assignment = assignment_}),
      load_limit_(options_, parts.clock),
      size_(options_) {}

absl::Status TableReader::Read() {
  const absl::Status status = ReadUntilOver();
  // Fails only if the server stops. No other reader has this table.
  parts_.tasks
      .Run({},
           [this](StreamAccess& stream) {
             stream.live_changes().Stop(assignment_.table);
             return absl::OkStatus();
           })
      .IgnoreError();
  return status;
}

absl::Status TableReader::ReadUntilOver() {
  while (Wanted()) {
    const absl::Status status = TryRead();
    if (status.ok()) return status;
    if (HasReason(status, reason::kTableMissing)) return End(TableState::kGone, absl::OkStatus());
    if (HasReason(status, reason::kStreamBroke)) continue;
    if (HasReason(status, reason::kTableChanged) &&
        ++consecutive_changes_ < kConsecutiveChangesMax) {
      parts_.jobs.Sleep(assignment_.job, consecutive_changes_ * kChangePause);
      continue;
    }
    if (SnapshotMayRetry(status) && !HasReason(status, reason::kTableChanged)) return status;
    return End(TableState::kFailed, status);
  }
  return absl::OkStatus();
}

// Resets to the first row, because the log will lack changes made before the table is captured
// again.
absl::Status TableReader::EndUncaptured() {
  assignment_.progress.set_begin(0);
  return End(TableState::kFailed,
             MakeError(reason::kSnapshotUnavailable,
                       "it is no longer captured: include it in source.tables and resume the "
                       "snapshot, or cancel the snapshot"));
}

absl::Status TableReader::TryRead() {
  if (!parts_.capture.Captures(assignment_.table)) return EndUncaptured();
  MILLRACE_RETURN_IF_ERROR(Open());
  MILLRACE_ASSIGN_OR_RETURN(const bool exists, Describe());
  if (!exists) return End(TableState::kGone, absl::OkStatus());
  if (!refusal_.ok()) return End(TableState::kFailed, refusal_);
  if (!row_key_.has_value()) return ReadKeyless();
  while (Wanted()) {
    MILLRACE_RETURN_IF_ERROR(load_limit_.Wait(connection_, parts_.jobs, assignment_.job));
    const auto over = ReadChunk();
    if (HasReason(over.status(), reason::kQueryTimeout) && size_.Halve()) continue;
    MILLRACE_RETURN_IF_ERROR(over.status());
    if (*over) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status TableReader::Open() {
  // An earlier attempt may have left a consistent read open, in which queries would see the past.
  MILLRACE_RETURN_IF_ERROR(EndConsistentRead(connection_));
  bool same = false;
  MILLRACE_RETURN_IF_ERROR(parts_.tasks.Run({}, [&](StreamAccess& stream) {
    same = stream.IsServer(connection_.info());
    return OpenAt(stream);
  }));
  parts_.jobs.Update(assignment_);
  return same ? absl::OkStatus() : WrongServer();
}

absl::Status TableReader::OpenAt(StreamAccess& stream) {
  windows_.Begin(stream.epoch());
  // A statement that was recorded before an earlier attempt failed.
  const TableChanges* before = stream.live_changes().Find(assignment_.table);
  if (before != nullptr && before->definition_changes() != 0) restart_reason_ = kStatementSeen;
  TableChanges& changes = stream.live_changes().Start(assignment_.table, kTouchedBytesMax);
  changes.NoteTime(parts_.clock.SteadyMicros());
  const bool missed_statement = assignment_.whole() && MissedStatement(stream);
  const bool fresh = assignment_.progress.begin() == 0;
  const std::string restart_reason = std::exchange(restart_reason_, "");
  if (fresh || missed_statement || !restart_reason.empty())
    Restart(stream, missed_statement ? kStatementSeen : restart_reason);
  return absl::OkStatus();
}

// Whether the stream had a statement on the table while no reader recorded its changes, for
// example after a crash.
bool TableReader::MissedStatement(StreamAccess& stream) const {
  return stream.coverage().ReadingMustRestart(assignment_.table,
                                              Sequence{assignment_.progress.begin()});
}

void TableReader::Restart(StreamAccess& stream, std::string_view why) {
  Progress& progress = assignment_.progress;
  if (progress.begin() != 0) {
    spdlog::warn("table {} is read again from its first row: {} rows={}", name_, why,
                 progress.rows_read());
    progress.set_restarts(progress.restarts() + 1);
  }
  const Sequence begin = stream.builder().newest().next();
  progress.set_begin(begin.value);
  SetState(TableState::kReading, progress);
  progress.set_rows_read(0);
  progress.set_version(0);
  progress.clear_key_columns();
  progress.clear_last_key();
  if (assignment_.whole()) stream.coverage().BeginReading(assignment_.table, begin);
  stream.AddRecord(Jobs::RecordOf(assignment_));
}

// Places and touched keys are meaningless if queries reach another server.
absl::Status TableReader::WrongServer() const {
  return MakeError(reason::kSourceDiffers,
                   fmt::format("queries at {} reach server id {}, which is not the server whose "
                               "binlog is read; retrying until both are the same",
                               connection_.endpoint(), connection_.info().server_id));
}

absl::StatusOr<bool> TableReader::Describe() {
  MILLRACE_ASSIGN_OR_RETURN(const ReadWindow window, windows_.Open());
  if (windows_.visibility() == ReadWindows::Visibility::kExecutedGtids) {
    MILLRACE_RETURN_IF_ERROR(windows_.WaitUntilVisible(window));
  }
  MILLRACE_ASSIGN_OR_RETURN(details_, FetchTableDetails(connection_, assignment_.table));
  if (!details_.has_value()) return RecheckExists();
  // A sequence renamed to a captured name. It has no captured rows.
  if (details_->sequence) return false;
  if (details_->merge) {
    refusal_ = MergeTableError(*details_);
    return true;
  }
  MILLRACE_RETURN_IF_ERROR(CheckRowAccess(connection_, assignment_.table));
  MILLRACE_ASSIGN_OR_RETURN(key_, FetchTableKey(connection_, assignment_.table));
  MILLRACE_ASSIGN_OR_RETURN(const uint64_t estimate,
                            FetchRowEstimate(connection_, assignment_.table));
  assignment_.progress.set_rows_estimate(estimate);
  refusal_ = absl::OkStatus();
  Verdict verdict = Verdict::kTaken;
  MILLRACE_RETURN_IF_ERROR(windows_.RunAfterBinlogEnd([&](StreamAccess& stream) {
    if (DefinitionChanged(stream)) {
      verdict = Verdict::kChanged;
      return absl::OkStatus();
    }
    refusal_ = Resolve(stream);
    // The log may have rows of another definition although the stream saw no statement.
    if (refusal_.ok() && stream.coverage().OnRows(*version_)) verdict = Verdict::kChanged;
    return absl::OkStatus();
  }));
  if (verdict == Verdict::kChanged) return RestartBecause(kStatementSeen);
  parts_.jobs.Update(assignment_);
  return true;
}

// The table may have been created after the definition was fetched, or be in the middle of a
// rename.
absl::StatusOr<bool> TableReader::RecheckExists() {
  MILLRACE_ASSIGN_OR_RETURN(const bool is_view, IsView(connection_, assignment_.table));
  if (is_view) return false;
  const absl::Status status =
      connection_
          .Query(fmt::format("SELECT 1 FROM {}.{} LIMIT 0", QuotedName(assignment_.table.database),
                             QuotedName(assignment_.table.table)))
          .status();
  if (HasReason(status, reason::kTableMissing)) return false;
  MILLRACE_RETURN_IF_ERROR(status);
  return TableChanged();
}

absl::Status TableReader::Resolve(StreamAccess& stream) {
  MILLRACE_ASSIGN_OR_RETURN(const schema::DescribedMap described,
                            schema::DescribedMap::Make(*details_, connection_.info().flavour));
  MILLRACE_ASSIGN_OR_RETURN(version_, stream.registry().Resolve(described.map(), &*details_,
                                                                stream.builder().newest().next()));
  MILLRACE_ASSIGN_OR_RETURN(plan_,
                            transcode::SelectPlan::Compile(version_, connection_.info().flavour));
  row_key_.reset();
  key_indexes_.clear();
  RemoveRowEndFromKey();
  const std::vector<std::string> columns =
      key_.has_value() ? key_->columns : std::vector<std::string>();
  if (!columns.empty()) {
    auto row_key = transcode::RowKey::Make(*version_, columns);
    // A key column that is not captured cannot be compared with the stream's changes.
    if (row_key.ok()) row_key_ = *std::move(row_key);
  }
  if (row_key_.has_value()) {
    key_indexes_ = ColumnIndexes(*version_, columns);
    stream.live_changes().Find(assignment_.table)->SetKey(*row_key_);
    // Bound after every Describe, because the table may have been altered since.
    MILLRACE_ASSIGN_OR_RETURN(condition_, ChoiceSql(assignment_.rows, assignment_.table,
                                                    version_->columns, columns.front()));
  }
  Progress& progress = assignment_.progress;
  const bool same_key = std::equal(columns.begin(), columns.end(), progress.key_columns().begin(),
                                   progress.key_columns().end());
  if (progress.version() != 0 && (progress.version() != version_->version || !same_key)) {
    Restart(stream, same_key ? fmt::format("its definition changed from version {} to {}",
                                           progress.version(), version_->version)
                             : fmt::format("its key changed from ({}) to ({})",
                                           fmt::join(progress.key_columns(), ", "),
                                           fmt::join(columns, ", ")));
  }
  progress.set_version(version_->version);
  *progress.mutable_key_columns() = {columns.begin(), columns.end()};
  return absl::OkStatus();
}

// MariaDB adds the row-end column to the keys of versioned tables. It is the same in all current
// rows.
void TableReader::RemoveRowEndFromKey() {
  if (!key_.has_value()) return;
  std::erase_if(key_->columns, [this](const std::string& name) {
    return std::any_of(version_->columns.begin(), version_->columns.end(), [&](const auto& column) {
      return schema::IsRowEnd(column.meaning) && schema::SameColumnName(column.name, name);
    });
  });
  if (key_->columns.empty()) key_.reset();
}

bool TableReader::DefinitionChanged(StreamAccess& stream) const {
  const TableChanges* changes = stream.live_changes().Find(assignment_.table);
  return changes == nullptr || changes->definition_changes() != 0;
}

absl::Status TableReader::RestartBecause(std::string_view what) {
  if (restart_reason_.empty()) restart_reason_ = what;
  return TableChanged();
}

absl::StatusOr<std::string> TableReader::FindDefinitionChange() {
  MILLRACE_ASSIGN_OR_RETURN(const auto details, FetchTableDetails(connection_, assignment_.table));
  return details.has_value() ? DefinitionDifference(*details_, *details) : "it is gone";
}

absl::StatusOr<std::unique_ptr<RowStream>> TableReader::StreamPlanned(const std::string& sql) {
  MILLRACE_ASSIGN_OR_RETURN(auto rows, connection_.Stream(sql));
  if (rows->column_count() != plan_->value_count()) {
    return absl::InternalError(fmt::format("a query for {} values of table {} returned {}",
                                           plan_->value_count(), name_, rows->column_count()));
  }
  return rows;
}

absl::Status TableReader::EncodeRow(const TextValue* values) {
  invalid_.clear();
  return plan_->EncodeRow(values, chunk_.bytes, invalid_);
}

absl::Status TableReader::End(TableState state, const absl::Status& why) {
  const Progress before = assignment_.progress;
  SetState(state, assignment_.progress);
  assignment_.progress.set_error(std::string(why.message()));
  assignment_.progress.set_error_reason(ErrorReason(why));
  if (!why.ok()) spdlog::error("table {} cannot be read: {}", name_, std::string(why.message()));
  // Once the stream reaches the DROP or RENAME, the log holds all rows that the table had.
  const bool gone = state == TableState::kGone;
  const auto end = [&](StreamAccess& stream) {
    if (gone) Complete(stream);
    stream.live_changes().Stop(assignment_.table);
    stream.AddRecord(Jobs::RecordOf(assignment_));
    return absl::OkStatus();
  };
  const absl::Status ended = gone ? windows_.RunAfterBinlogEnd(end) : parts_.tasks.Run({}, end);
  if (!ended.ok()) {
    assignment_.progress = before;
    return ended;
  }
  parts_.jobs.Update(assignment_);
  return absl::OkStatus();
}

void TableReader::Complete(StreamAccess& stream) {
  if (!assignment_.whole()) return;
  stream.coverage().EndReading(assignment_.table, Sequence{assignment_.progress.begin()});
}

void TableReader::WaitForPace(uint64_t rows) {
  const Micros wait = parts_.pace.Spend(rows);
  if (wait > 0) parts_.jobs.Sleep(assignment_.job, wait);
}

}  // namespace millrace::snapshot
