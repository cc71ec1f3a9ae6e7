// SPDX-License-Identifier: Apache-2.0

#include "snapshot/jobs.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"

namespace millrace::snapshot {
namespace {

// Number of finished snapshots that stay listed.
constexpr size_t kFinishedListed = 20;
constexpr std::string_view kJobPrefix = "snapshot.job.";
constexpr std::string_view kTablePrefix = "snapshot.table.";

// Zero-padded, so that records sort by id.
std::string JobKey(uint64_t id) { return fmt::format("{}{:020}", kJobPrefix, id); }
std::string TableKeyOf(uint64_t id, size_t ordinal) {
  return fmt::format("{}{:020}.{:06}", kTablePrefix, id, ordinal);
}

bool IsOver(const StoredJob& job) {
  return StateOf(job) == JobState::kDone || StateOf(job) == JobState::kCanceled;
}

bool IsOver(const Progress& table) {
  return StateOf(table) == TableState::kDone || StateOf(table) == TableState::kGone ||
         StateOf(table) == TableState::kFailed;
}

absl::Status Damaged(std::string_view key) {
  return log::RecordDamaged(key, "contains no snapshot");
}

absl::Status NotFound(std::string_view name) {
  return MakeError(
      reason::kSnapshotNotFound,
      fmt::format("there is no snapshot '{}'; list all with millrace snapshot list", name));
}

std::string NameOf(uint64_t id) { return fmt::format("s{}", id); }

// Earlier versions sent the client's SQL to the source unchanged.
bool HasSql(const StoredJob& job) { return !job.where().empty(); }

absl::Status OutdatedCondition() {
  return MakeError(reason::kConditionOutdated,
                   "the snapshot's condition is SQL, which only earlier versions of millraced "
                   "accepted: start the snapshot again with a condition, millrace snapshot "
                   "start … --where");
}

RowChoice RowsOf(const StoredJob& job) {
  return {.where = job.condition(), .key_from = job.key_from(), .key_to = job.key_to()};
}

// The condition, shortened for lists: as many whole characters from its beginning as fit.
std::string ShortenedCondition(const StoredJob& job) {
  constexpr size_t kConditionBytesMax = 1024;
  const std::string& where = HasSql(job) ? job.where() : job.condition();
  if (where.size() <= kConditionBytesMax) return where;
  size_t end = kConditionBytesMax;
  while ((where[end] & 0xc0) == 0x80) --end;
  return where.substr(0, end) + "…";
}

// A partial job does not show whether the whole table can be read.
bool IsPartial(const StoredJob& job) { return HasSql(job) || !RowsOf(job).all(); }

TableStatus StatusOf(const TableName& name, const Progress& progress) {
  return {.name = name,
          .state = StateOf(progress),
          .rows_read = progress.rows_read(),
          .rows_estimate = std::max(progress.rows_estimate(), progress.rows_read()),
          .restarts = progress.restarts(),
          .chunks_repeated = progress.chunks_repeated(),
          .error = progress.error(),
          .error_reason = progress.error_reason()};
}

// Rows left in all unfinished tables, by the source's estimate.
uint64_t RowsLeft(const std::vector<TableStatus>& tables) {
  uint64_t left = 0;
  for (const TableStatus& table : tables) {
    const bool over = table.state != TableState::kWaiting && table.state != TableState::kReading;
    if (!over) left += table.rows_estimate - table.rows_read;
  }
  return left;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Jobs>> Jobs::Open(log::Log& log, const Clock& clock) {
  std::unique_ptr<Jobs> jobs(new Jobs(log, clock));
  MILLRACE_RETURN_IF_ERROR(jobs->Load());
  return jobs;
}

absl::Status Jobs::Load() {
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log_.ListRecords(log::RecordKind::kMeta));
  absl::MutexLock lock(&mutex_);
  std::map<std::string, const std::string*> tables;
  for (const auto& [key, value] : records) {
    if (key.starts_with(kTablePrefix)) tables.emplace(key, &value);
    if (!key.starts_with(kJobPrefix)) continue;
    Job job;
    if (!job.stored.ParseFromString(value) || JobKey(job.stored.id()) != key) return Damaged(key);
    for (const storage::v1::StoredTableName& name : job.stored.tables()) {
      job.tables.push_back({.name = {name.database(), name.table()}, .progress = {}});
    }
    job.rate = std::make_unique<RateMeter>(clock_);
    jobs_.emplace(job.stored.id(), std::move(job));
  }
  for (auto& [id, job] : jobs_) {
    for (size_t i = 0; i < job.tables.size(); ++i) {
      const auto found = tables.find(TableKeyOf(id, i));
      if (found == tables.end()) return Damaged(TableKeyOf(id, i));
      if (!job.tables[i].progress.ParseFromString(*found->second)) return Damaged(found->first);
    }
    RetryFailed(job);
    // The job was over in memory, but a table's last batch did not reach the disk.
    const bool all_over = std::all_of(job.tables.begin(), job.tables.end(),
                                      [](const Table& table) { return IsOver(table.progress); });
    if (StateOf(job.stored) == JobState::kDone && !all_over) {
      snapshot::SetState(JobState::kRunning, job.stored);
      job.stored.set_end_time(0);
    }
    if (HasSql(job.stored) && !IsOver(job.stored)) RefuseSql(job);
    if (StateOf(job.stored) != JobState::kRunning) continue;
    const std::optional<log::Record> ended = EndIfOver(job);
    // If this write fails, the next Load repeats it.
    if (ended.has_value()) log_.PutRecords({*ended}).IgnoreError();
  }
  return absl::OkStatus();
}

// Keeps the rows that the job has read.
void Jobs::RefuseSql(Job& job) {
  const absl::Status why = OutdatedCondition();
  std::vector<log::Record> records;
  for (size_t i = 0; i < job.tables.size(); ++i) {
    Progress& progress = job.tables[i].progress;
    if (IsOver(progress)) continue;
    snapshot::SetState(TableState::kFailed, progress);
    progress.set_error(std::string(why.message()));
    progress.set_error_reason(ErrorReason(why));
    records.push_back(
        {log::RecordKind::kMeta, TableKeyOf(job.stored.id(), i), progress.SerializeAsString()});
  }
  snapshot::SetState(JobState::kRunning, job.stored);
  // If this write fails, the next Load repeats it.
  log_.PutRecords(records).IgnoreError();
}

log::Record Jobs::RecordOf(const StoredJob& stored) {
  return {log::RecordKind::kMeta, JobKey(stored.id()), stored.SerializeAsString()};
}

log::Record Jobs::RecordOf(const Assignment& assignment) {
  return {log::RecordKind::kMeta, TableKeyOf(assignment.job, assignment.ordinal),
          assignment.progress.SerializeAsString()};
}

absl::StatusOr<JobStatus> Jobs::Add(StoredJob stored, const std::vector<TableName>& tables) {
  absl::MutexLock store_lock(&store_mutex_);
  std::vector<log::Record> records;
  std::vector<uint64_t> expired;
  {
    absl::MutexLock lock(&mutex_);
    stored.set_id(jobs_.empty() ? 1 : jobs_.rbegin()->first + 1);
    expired = FindExpired(records);
  }
  Job job = NewJob(std::move(stored), tables, records);
  MILLRACE_RETURN_IF_ERROR(log_.PutRecords(records));
  absl::MutexLock lock(&mutex_);
  for (const uint64_t removed : expired) jobs_.erase(removed);
  const uint64_t id = job.stored.id();
  const Job& added = jobs_.emplace(id, std::move(job)).first->second;
  changed_.SignalAll();
  return StatusOf(added);
}

Jobs::Job Jobs::NewJob(StoredJob stored, const std::vector<TableName>& tables,
                       std::vector<log::Record>& records) const {
  const uint64_t id = stored.id();
  snapshot::SetState(JobState::kRunning, stored);
  stored.set_create_time(clock_.WallMicros());
  Job job;
  job.rate = std::make_unique<RateMeter>(clock_);
  for (const TableName& name : tables) {
    storage::v1::StoredTableName& to = *stored.add_tables();
    to.set_database(name.database);
    to.set_table(name.table);
    Table table{.name = name, .progress = {}};
    snapshot::SetState(TableState::kWaiting, table.progress);
    records.push_back({log::RecordKind::kMeta, TableKeyOf(id, job.tables.size()),
                       table.progress.SerializeAsString()});
    job.tables.push_back(std::move(table));
  }
  job.stored = std::move(stored);
  records.push_back(RecordOf(job.stored));
  return job;
}

std::vector<uint64_t> Jobs::FindExpired(std::vector<log::Record>& removed) const {
  size_t over = 0;
  std::vector<uint64_t> ids;
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) {
    const std::vector<Table>& tables = job->second.tables;
    const bool taken =
        std::any_of(tables.begin(), tables.end(), [](const Table& table) { return table.taken; });
    if (!IsOver(job->second.stored) || ++over <= kFinishedListed || taken) continue;
    ids.push_back(job->first);
    removed.push_back({log::RecordKind::kMeta, JobKey(job->first), std::nullopt});
    for (size_t i = 0; i < tables.size(); ++i) {
      removed.push_back({log::RecordKind::kMeta, TableKeyOf(job->first, i), std::nullopt});
    }
  }
  return ids;
}

Jobs::Job* Jobs::Find(std::string_view name) {
  for (auto& [id, job] : jobs_) {
    if (NameOf(id) == name) return &job;
  }
  return nullptr;
}

absl::StatusOr<JobStatus> Jobs::SetState(std::string_view name, JobState state) {
  absl::MutexLock store_lock(&store_mutex_);
  std::optional<StoredJob> stored;
  {
    absl::MutexLock lock(&mutex_);
    const Job* job = Find(name);
    if (job == nullptr) return NotFound(name);
    MILLRACE_ASSIGN_OR_RETURN(stored, StoredWithState(*job, state));
    if (!stored.has_value()) return StatusOf(*job);
  }
  MILLRACE_RETURN_IF_ERROR(log_.PutRecords({RecordOf(*stored)}));
  absl::MutexLock lock(&mutex_);
  Job& job = jobs_.at(stored->id());
  job.stored = *std::move(stored);
  RetryFailed(job);
  changed_.SignalAll();
  return StatusOf(job);
}

absl::StatusOr<std::optional<StoredJob>> Jobs::StoredWithState(const Job& job,
                                                               JobState state) const {
  const bool failed = std::any_of(job.tables.begin(), job.tables.end(), [](const Table& table) {
    return StateOf(table.progress) == TableState::kFailed;
  });
  const bool again =
      state == JobState::kRunning && failed && StateOf(job.stored) != JobState::kCanceled;
  if (again && HasSql(job.stored)) return OutdatedCondition();
  if (IsOver(job.stored) && !again) return std::optional<StoredJob>();
  StoredJob stored = job.stored;
  snapshot::SetState(state, stored);
  stored.set_end_time(state == JobState::kCanceled ? clock_.WallMicros() : 0);
  // Table progress is not stored here: the rows it counts may not be on disk yet.
  if (again) stored.set_retries(stored.retries() + 1);
  return std::optional<StoredJob>(std::move(stored));
}

void Jobs::RetryFailed(Job& job) {
  for (Table& table : job.tables) {
    Progress& progress = table.progress;
    const bool failed = StateOf(progress) == TableState::kFailed;
    if (!failed || progress.retries() >= job.stored.retries()) continue;
    snapshot::SetState(TableState::kWaiting, progress);
    progress.clear_error();
    progress.clear_error_reason();
  }
}

std::vector<JobStatus> Jobs::List() const {
  absl::MutexLock lock(&mutex_);
  std::vector<JobStatus> list;
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) {
    list.push_back(StatusOf(job->second));
  }
  return list;
}

JobStatus Jobs::StatusOf(const Job& job) const {
  JobStatus status;
  status.name = NameOf(job.stored.id());
  status.state = StateOf(job.stored);
  status.cause = job.stored.cause();
  status.create_time = job.stored.create_time();
  status.end_time = job.stored.end_time();
  status.where = ShortenedCondition(job.stored);
  for (const Table& table : job.tables) {
    status.tables.push_back(snapshot::StatusOf(table.name, table.progress));
  }
  if (IsOver(job.stored)) return status;
  status.rows_per_second = job.rate->PerSecond(job.rows);
  if (status.rows_per_second > 0) {
    status.seconds_left =
        static_cast<int64_t>(static_cast<double>(RowsLeft(status.tables)) / status.rows_per_second);
  }
  status.waiting = job.waiting;
  return status;
}

bool Jobs::WillRead(const TableName& name) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, job] : jobs_) {
    if (IsOver(job.stored) || IsPartial(job.stored)) continue;
    for (const Table& table : job.tables) {
      if (table.name == name && !IsOver(table.progress)) return true;
    }
  }
  return false;
}

absl::Status Jobs::FailureOf(const TableName& name, Micros since) const {
  absl::MutexLock lock(&mutex_);
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) {
    if (IsPartial(job->second.stored)) continue;
    for (const Table& table : job->second.tables) {
      if (table.name != name) continue;
      const bool failed = StateOf(table.progress) == TableState::kFailed;
      if (!failed || !table.failed_at.has_value() || *table.failed_at < since) {
        return absl::OkStatus();
      }
      const std::string text =
          fmt::format("table {} could not be read: {}", name.ToString(), table.progress.error());
      if (table.progress.error_reason() == reason::kSourceAccessDenied.name) {
        return MakeError(reason::kSourceAccessDenied, text, {{"table", name.ToString()}});
      }
      return MakeError(reason::kSnapshotUnavailable, text);
    }
  }
  return absl::OkStatus();
}

std::optional<Micros> Jobs::EndOfNewestRead(const TableName& name) const {
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) {
    if (IsPartial(job->second.stored)) continue;
    for (const Table& table : job->second.tables) {
      if (table.name != name) continue;
      const bool done = StateOf(table.progress) == TableState::kDone;
      return done ? std::optional(job->second.stored.end_time()) : std::nullopt;
    }
  }
  return std::nullopt;
}

bool Jobs::WasReadSince(const TableName& name, Micros since) const {
  absl::MutexLock lock(&mutex_);
  const std::optional<Micros> ended = EndOfNewestRead(name);
  return ended.has_value() && *ended >= since;
}

bool Jobs::WasReadSinceOrJobIsOpen(const TableName& name, Micros since) const {
  absl::MutexLock lock(&mutex_);
  const std::optional<Micros> ended = EndOfNewestRead(name);
  return ended.has_value() && (*ended == 0 || *ended >= since);
}

std::optional<Assignment> Jobs::TryTake() {
  absl::MutexLock lock(&mutex_);
  Micros next = 0;
  return stopped_ ? std::nullopt : TakeNow(&next);
}

std::optional<Assignment> Jobs::Take() {
  absl::MutexLock lock(&mutex_);
  while (!stopped_) {
    Micros next = 0;
    std::optional<Assignment> assignment = TakeNow(&next);
    if (assignment.has_value()) return assignment;
    if (next == 0) {
      changed_.Wait(&mutex_);
    } else {
      changed_.WaitWithTimeout(&mutex_, absl::Microseconds(next - clock_.SteadyMicros()));
    }
  }
  return std::nullopt;
}

// `next`: the earliest time at which a table may be retried; 0 if none waits.
std::optional<Assignment> Jobs::TakeNow(Micros* next) {
  const Micros now = clock_.SteadyMicros();
  for (auto& [id, job] : jobs_) {
    if (StateOf(job.stored) != JobState::kRunning) continue;
    for (size_t i = 0; i < job.tables.size(); ++i) {
      Table& table = job.tables[i];
      if (table.taken || IsOver(table.progress) || IsTaken(table.name)) continue;
      if (table.retry_at > now) {
        if (*next == 0 || table.retry_at < *next) *next = table.retry_at;
        continue;
      }
      table.taken = true;
      table.progress.set_retries(job.stored.retries());
      return Assignment{.job = id,
                        .ordinal = i,
                        .table = table.name,
                        .rows = RowsOf(job.stored),
                        .progress = table.progress};
    }
  }
  return std::nullopt;
}

void Jobs::Return(const Assignment& assignment, Micros retry_at) {
  absl::MutexLock store_lock(&store_mutex_);
  std::optional<log::Record> ended;
  {
    absl::MutexLock lock(&mutex_);
    Job& job = jobs_.at(assignment.job);
    Table& table = job.tables[assignment.ordinal];
    SetProgress(assignment.progress, table);
    table.taken = false;
    table.retry_at = retry_at;
    if (StateOf(job.stored) == JobState::kRunning) ended = EndIfOver(job);
    changed_.SignalAll();
  }
  // If this write fails, the next Load repeats it.
  if (ended.has_value()) log_.PutRecords({*ended}).IgnoreError();
}

std::optional<log::Record> Jobs::EndIfOver(Job& job) {
  const bool over = std::all_of(job.tables.begin(), job.tables.end(),
                                [](const Table& table) { return IsOver(table.progress); });
  if (!over) return std::nullopt;
  snapshot::SetState(JobState::kDone, job.stored);
  job.stored.set_end_time(clock_.WallMicros());
  job.waiting.clear();
  return RecordOf(job.stored);
}

// Two readers of one table would invalidate each other's windows.
bool Jobs::IsTaken(const TableName& name) const {
  for (const auto& [id, job] : jobs_) {
    for (const Table& table : job.tables) {
      if (table.taken && table.name == name) return true;
    }
  }
  return false;
}

bool Jobs::IsRunning(uint64_t id) const {
  const auto job = jobs_.find(id);
  return !stopped_ && job != jobs_.end() && StateOf(job->second.stored) == JobState::kRunning;
}

bool Jobs::Wanted(uint64_t job) const {
  absl::MutexLock lock(&mutex_);
  return IsRunning(job);
}

void Jobs::Sleep(uint64_t job, Micros time) {
  const absl::Time until = absl::Now() + absl::Microseconds(time);
  absl::MutexLock lock(&mutex_);
  while (IsRunning(job) && absl::Now() < until) changed_.WaitWithDeadline(&mutex_, until);
}

void Jobs::Update(const Assignment& assignment) {
  absl::MutexLock lock(&mutex_);
  Job& job = jobs_.at(assignment.job);
  Table& table = job.tables[assignment.ordinal];
  if (assignment.progress.rows_read() > table.progress.rows_read()) {
    job.rows += assignment.progress.rows_read() - table.progress.rows_read();
  }
  SetProgress(assignment.progress, table);
}

void Jobs::SetProgress(const Progress& progress, Table& table) const {
  const bool fails = StateOf(progress) == TableState::kFailed;
  if (fails && StateOf(table.progress) != TableState::kFailed) {
    table.failed_at = clock_.SteadyMicros();
  }
  table.progress = progress;
}

void Jobs::SetWaiting(uint64_t job, std::string why) {
  absl::MutexLock lock(&mutex_);
  jobs_.at(job).waiting = std::move(why);
}

void Jobs::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.SignalAll();
}

void Jobs::RetryNow() {
  absl::MutexLock lock(&mutex_);
  ++retries_requested_;
  for (auto& [id, job] : jobs_) {
    for (Table& table : job.tables) table.retry_at = 0;
  }
  changed_.SignalAll();
}

bool Jobs::SleepUntilStopped(Micros time) {
  const absl::Time until = absl::Now() + absl::Microseconds(time);
  absl::MutexLock lock(&mutex_);
  const uint64_t retries_before = retries_requested_;
  while (!stopped_ && retries_requested_ == retries_before && absl::Now() < until) {
    changed_.WaitWithDeadline(&mutex_, until);
  }
  return stopped_;
}

}  // namespace millrace::snapshot
