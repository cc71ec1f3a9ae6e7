// SPDX-License-Identifier: Apache-2.0

#include "snapshot/snapshots.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "base/error.h"
#include "fmt/format.h"
#include "mysql/read_marks.h"
#include "mysql/session_settings.h"
#include "snapshot/jobs.h"
#include "snapshot/pace.h"
#include "snapshot/reader_thread.h"
#include "snapshot/source_tables.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {
namespace {

// Between two tries to find out which tables there are.
constexpr Micros kPlanPause = 500'000;
// A subscriber is told of a failure this recent instead of another try.
constexpr Micros kFailureFresh = Micros{60} * 1'000'000;
// The last rows of a table that was read may take this long to disk, and its coverage with them.
constexpr Micros kOnItsWay = Micros{10} * 1'000'000;

absl::Status Unavailable(const std::string& text) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SNAPSHOT_UNAVAILABLE", text);
}

}  // namespace

class Snapshots::State {
 public:
  State(const Parts& parts, CaptureRules capture, TablePatterns initial, std::unique_ptr<Jobs> jobs)
      : parts_(parts),
        capture_(std::move(capture)),
        initial_(std::move(initial)),
        jobs_(std::move(jobs)),
        pace_(parts.config.snapshot.rows_per_second, parts.clock) {}
  ~State() { Stop(); }

  void Start();
  bool StopWithin(absl::Duration timeout);
  void Stop();
  absl::Status planning() const ABSL_LOCKS_EXCLUDED(mutex_);
  Jobs& jobs() { return *jobs_; }
  const Jobs& jobs() const { return *jobs_; }
  absl::StatusOr<JobStatus> Begin(const Request& request) ABSL_LOCKS_EXCLUDED(begin_mutex_);
  absl::StatusOr<std::vector<TableName>> EnsureCovered(const std::vector<std::string>& patterns)
      ABSL_LOCKS_EXCLUDED(begin_mutex_);
  void NoteUncovered(const TableName& table) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Plan();
  void NotePlanning(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status PlanInitial();
  absl::Status PlanNew();
  absl::Status BeginUncovered(Connection& connection, const std::vector<TableName>& tables,
                              std::string_view cause) ABSL_LOCKS_EXCLUDED(begin_mutex_);
  absl::StatusOr<std::vector<TableName>> Uncovered(Connection& connection,
                                                   const std::vector<TableName>& tables);
  // Whether the table has to be read, and by a new job. Errors as EnsureCovered.
  absl::StatusOr<bool> MustBegin(const TableName& table) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(begin_mutex_);
  std::vector<TableName> TakeNew() ABSL_LOCKS_EXCLUDED(mutex_);
  bool Covers(const std::optional<coverage::TableCoverage>& coverage) const;
  // That the log has seen and no statement dropped.
  std::vector<TableName> KnownTables() const;

  const Parts parts_;
  const CaptureRules capture_;
  const TablePatterns initial_;
  const std::unique_ptr<Jobs> jobs_;
  Pace pace_;

  mutable absl::Mutex mutex_;
  absl::Status planning_ ABSL_GUARDED_BY(mutex_);
  std::deque<TableName> new_tables_ ABSL_GUARDED_BY(mutex_);
  // Held while it is decided which tables a new job reads, so that two jobs never read the same
  // table. Nothing waits for the stream or the source while holding it.
  absl::Mutex begin_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);

  std::atomic<int> connected_{0};  // readers
  std::vector<std::unique_ptr<ReaderThread>> readers_;
  absl::Notification planned_;
  std::thread planner_;
};

void Snapshots::State::Start() {
  const TableReader::Parts parts{.config = parts_.config,
                                 .capture = capture_,
                                 .source = parts_.source,
                                 .jobs = *jobs_,
                                 .tasks = parts_.tasks,
                                 .pace = pace_,
                                 .clock = parts_.clock};
  for (uint32_t i = 0; i < parts_.config.snapshot.connections; ++i) {
    readers_.push_back(std::make_unique<ReaderThread>(parts, connected_));
  }
  if (parts_.config.snapshot.mode == SnapshotMode::kNever) return;
  planner_ = std::thread([this] {
    Plan();
    planned_.Notify();
  });
}

bool Snapshots::State::StopWithin(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  jobs_->Stop();
  for (const auto& reader : readers_) reader->Interrupt();
  bool ended = !planner_.joinable() || planned_.WaitForNotificationWithDeadline(deadline);
  for (const auto& reader : readers_) {
    ended = reader->ended().WaitForNotificationWithDeadline(deadline) && ended;
  }
  return ended;
}

void Snapshots::State::Stop() {
  StopWithin(absl::ZeroDuration());
  readers_.clear();
  if (planner_.joinable()) planner_.join();
}

void Snapshots::State::Plan() {
  bool planned = false;
  Micros pause = kPlanPause;
  do {
    const absl::Status status = planned ? PlanNew() : PlanInitial();
    planned = planned || status.ok();
    pause = status.ok() ? kPlanPause
                        : std::max(kPlanPause,
                                   std::min(2 * pause, parts_.config.source.reconnect_backoff_max));
    NotePlanning(status);
  } while (!jobs_->StoppedWithin(pause));
}

void Snapshots::State::NotePlanning(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  // The server stops, or the stream broke, which has its own word in the status.
  const bool expected = absl::IsCancelled(status) || absl::IsAborted(status);
  if (!status.ok() && !expected && ErrorReason(planning_) != ErrorReason(status)) {
    spdlog::warn("snapshots cannot begin yet: {} reason={}", std::string(status.message()),
                 ErrorReason(status));
  }
  planning_ = expected ? absl::OkStatus() : status;
}

absl::Status Snapshots::State::planning() const {
  absl::MutexLock lock(&mutex_);
  return planning_;
}

absl::Status Snapshots::State::PlanNew() {
  const std::vector<TableName> tables = TakeNew();
  if (tables.empty()) return absl::OkStatus();
  const auto connection = parts_.source.Connect();
  const absl::Status begun =
      connection.ok() ? BeginUncovered(**connection, tables, "new table") : connection.status();
  if (begun.ok()) return begun;
  for (const TableName& table : tables) NoteUncovered(table);
  return begun;
}

absl::Status Snapshots::State::PlanInitial() {
  // While the stream has no connection, another one would only fail beside it.
  MILLRACE_RETURN_IF_ERROR(
      parts_.tasks.Run({}, [](StreamAccess& /*stream*/) { return absl::OkStatus(); }));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, parts_.source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(const auto tables,
                            CapturedTables(*connection, capture_, initial_, KnownTables()));
  return BeginUncovered(*connection, tables, "initial");
}

absl::Status Snapshots::State::BeginUncovered(Connection& connection,
                                              const std::vector<TableName>& tables,
                                              std::string_view cause) {
  MILLRACE_ASSIGN_OR_RETURN(auto uncovered, Uncovered(connection, tables));
  absl::MutexLock lock(&begin_mutex_);
  std::erase_if(uncovered, [this](const TableName& table) { return jobs_->Reads(table); });
  if (uncovered.empty()) return absl::OkStatus();
  StoredJob job;
  job.set_cause(std::string(cause));
  spdlog::info("snapshot of {} tables begins cause={}", uncovered.size(), cause);
  return jobs_->Add(std::move(job), uncovered).status();
}

// Asked after the end of the binlog: what was created before is known to be empty at first.
absl::StatusOr<std::vector<TableName>> Snapshots::State::Uncovered(
    Connection& connection, const std::vector<TableName>& tables) {
  uint64_t epoch = 0;
  MILLRACE_RETURN_IF_ERROR(parts_.tasks.Run({}, [&](StreamAccess& stream) {
    epoch = stream.epoch();
    return absl::OkStatus();
  }));
  MILLRACE_ASSIGN_OR_RETURN(BinlogMark end, BinlogEnd(connection));
  std::vector<TableName> uncovered;
  MILLRACE_RETURN_IF_ERROR(parts_.tasks.Run(
      {.epoch = epoch, .place = std::move(end.place), .gtids = std::move(end.gtids)},
      [&](StreamAccess& stream) {
        for (const TableName& table : tables) {
          const auto coverage = stream.coverage().Newest(table);
          const bool known = coverage.has_value() && coverage->complete;
          if (!known) uncovered.push_back(table);
        }
        return absl::OkStatus();
      }));
  return uncovered;
}

void Snapshots::State::NoteUncovered(const TableName& table) {
  if (parts_.config.snapshot.mode == SnapshotMode::kNever) return;
  if (!initial_.Matches(table.database, table.table)) return;
  absl::MutexLock lock(&mutex_);
  new_tables_.push_back(table);
}

std::vector<TableName> Snapshots::State::TakeNew() {
  absl::MutexLock lock(&mutex_);
  const std::set<TableName> tables(new_tables_.begin(), new_tables_.end());
  new_tables_.clear();
  return {tables.begin(), tables.end()};
}

absl::StatusOr<JobStatus> Snapshots::State::Begin(const Request& request) {
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns wanted, TablePatterns::Parse(request.tables));
  if (request.tables.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_INVALID",
                     "tables names no table; `*.*` means all that are captured",
                     {{"field", "tables"}});
  }
  MILLRACE_RETURN_IF_ERROR(CheckSyntax(request.rows));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, parts_.source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(const auto tables,
                            CapturedTables(*connection, capture_, wanted, KnownTables()));
  MILLRACE_RETURN_IF_ERROR(RequireNamedReadable(*connection, capture_, wanted, tables));
  if (tables.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "TABLE_UNKNOWN",
                     "no captured table of the source matches; see source.tables");
  }
  if (!request.rows.all()) {
    MILLRACE_RETURN_IF_ERROR(ApplySettings(*connection, RowReadingSettings()));
    const schema::ColumnFilter captured = [this](const TableName& table, std::string_view column) {
      return capture_.CapturesColumn(table, column);
    };
    for (const TableName& table : tables) {
      MILLRACE_RETURN_IF_ERROR(CheckChoice(*connection, table, request.rows, captured));
    }
  }
  StoredJob job;
  job.set_cause(request.cause);
  job.set_condition(request.rows.where);
  job.set_key_from(request.rows.key_from);
  job.set_key_to(request.rows.key_to);
  absl::MutexLock lock(&begin_mutex_);
  return jobs_->Add(std::move(job), tables);
}

std::vector<TableName> Snapshots::State::KnownTables() const {
  std::vector<TableName> names;
  for (const schema::TableVersionPtr& version : parts_.registry.List()) {
    if (!version->dropped) names.push_back(version->name);
  }
  return names;
}

bool Snapshots::State::Covers(const std::optional<coverage::TableCoverage>& coverage) const {
  return coverage.has_value() && coverage->HoldsAllRows(parts_.log.range().oldest);
}

absl::StatusOr<std::vector<TableName>> Snapshots::State::EnsureCovered(
    const std::vector<std::string>& patterns) {
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns wanted, TablePatterns::Parse(patterns));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, parts_.source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(auto tables,
                            CapturedTables(*connection, capture_, wanted, KnownTables()));
  MILLRACE_RETURN_IF_ERROR(RequireNamedReadable(*connection, capture_, wanted, tables));
  std::erase_if(tables,
                [this](const TableName& table) { return Covers(parts_.coverage.Find(table)); });
  absl::MutexLock lock(&begin_mutex_);
  std::vector<TableName> to_read;
  for (const TableName& table : tables) {
    MILLRACE_ASSIGN_OR_RETURN(const bool begins, MustBegin(table));
    if (begins) to_read.push_back(table);
  }
  if (to_read.empty()) return tables;
  if (parts_.config.snapshot.mode == SnapshotMode::kNever) {
    return Unavailable(fmt::format(
        "the log does not hold all of table {} and snapshot.mode is never; run millrace snapshot "
        "start {}",
        to_read.front().ToString(), to_read.front().ToString()));
  }
  StoredJob job;
  job.set_cause("subscriber");
  MILLRACE_RETURN_IF_ERROR(jobs_->Add(std::move(job), to_read).status());
  return tables;
}

absl::StatusOr<bool> Snapshots::State::MustBegin(const TableName& table) const {
  const auto coverage = parts_.coverage.Find(table);
  if (Covers(coverage) || jobs_->Reads(table)) return false;
  const std::string reason = coverage.has_value() ? coverage->invalid_reason : "";
  if (reason == coverage::kPartialRows) {
    return Unavailable(fmt::format(
        "the binlog has row images of table {} that lack columns since its snapshot; run "
        "SET GLOBAL binlog_row_image = FULL on the source, then millrace snapshot start {}",
        table.ToString(), table.ToString()));
  }
  // A failure of before says nothing about a table that is captured again.
  if (reason == coverage::kNotCaptured) return true;
  MILLRACE_RETURN_IF_ERROR(jobs_->FailureOf(table, parts_.clock.SteadyMicros() - kFailureFresh));
  const Micros now = parts_.clock.WallMicros();
  // It is trimmed, for else it would be covered.
  const bool trimmed = coverage.has_value() && coverage->valid();
  if (trimmed && jobs_->WasReadSince(table, now - kFailureFresh)) {
    return Unavailable(
        fmt::format("the log was trimmed while table {} was read; raise "
                    "log.retention_age or log.retention_bytes",
                    table.ToString()));
  }
  const bool being_read = coverage.has_value() && !coverage->complete && reason.empty();
  return !being_read || !jobs_->HasReadSince(table, now - kOnItsWay);
}

absl::StatusOr<std::unique_ptr<Snapshots>> Snapshots::Open(const Parts& parts) {
  MILLRACE_ASSIGN_OR_RETURN(
      CaptureRules capture,
      CaptureRules::Parse(parts.config.source.tables, parts.config.source.exclude_columns));
  MILLRACE_ASSIGN_OR_RETURN(TablePatterns initial,
                            TablePatterns::Parse(parts.config.snapshot.tables));
  MILLRACE_ASSIGN_OR_RETURN(auto jobs, Jobs::Open(parts.log, parts.clock));
  return std::unique_ptr<Snapshots>(new Snapshots(
      std::make_unique<State>(parts, std::move(capture), std::move(initial), std::move(jobs))));
}

Snapshots::Snapshots(std::unique_ptr<State> state) : state_(std::move(state)) {}
Snapshots::~Snapshots() = default;

void Snapshots::Start() { state_->Start(); }
void Snapshots::Stop() { state_->Stop(); }
void Snapshots::RetryNow() { state_->jobs().RetryNow(); }
absl::Status Snapshots::planning() const { return state_->planning(); }
bool Snapshots::StopWithin(absl::Duration timeout) { return state_->StopWithin(timeout); }

absl::StatusOr<JobStatus> Snapshots::Begin(const Request& request) {
  return state_->Begin(request);
}
absl::StatusOr<JobStatus> Snapshots::Pause(std::string_view name) {
  return state_->jobs().SetState(name, JobState::kPaused);
}
absl::StatusOr<JobStatus> Snapshots::Resume(std::string_view name) {
  return state_->jobs().SetState(name, JobState::kRunning);
}
absl::StatusOr<JobStatus> Snapshots::Cancel(std::string_view name) {
  return state_->jobs().SetState(name, JobState::kCanceled);
}
std::vector<JobStatus> Snapshots::List() const { return state_->jobs().List(); }

absl::StatusOr<std::vector<TableName>> Snapshots::EnsureCovered(
    const std::vector<std::string>& patterns) {
  return state_->EnsureCovered(patterns);
}

void Snapshots::NoteUncovered(const TableName& table) { state_->NoteUncovered(table); }

}  // namespace millrace::snapshot
