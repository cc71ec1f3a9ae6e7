// SPDX-License-Identifier: Apache-2.0

#include "snapshot/snapshots.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"

namespace millrace::snapshot {

absl::StatusOr<std::unique_ptr<Snapshots>> Snapshots::Open(const Parts& parts) {
  MILLRACE_ASSIGN_OR_RETURN(
      CaptureRules capture,
      CaptureRules::Parse(parts.config.source.tables, parts.config.source.exclude_columns));
  MILLRACE_ASSIGN_OR_RETURN(TablePatterns wanted,
                            TablePatterns::Parse(parts.config.snapshot.tables));
  MILLRACE_ASSIGN_OR_RETURN(auto jobs, Jobs::Open(parts.log, parts.clock));
  return std::make_unique<Snapshots>(Key(), parts, std::move(capture), std::move(wanted),
                                     std::move(jobs));
}

Snapshots::Snapshots(Key, const Parts& parts, CaptureRules capture, TablePatterns wanted,
                     std::unique_ptr<Jobs> jobs)
    : parts_(parts),
      capture_(std::move(capture)),
      jobs_(std::move(jobs)),
      pace_(parts.config.snapshot.rows_per_second, parts.clock),
      starter_({.config = parts.config,
                .source = parts.source,
                .log = parts.log,
                .registry = parts.registry,
                .coverage = parts.coverage,
                .tasks = parts.tasks,
                .clock = parts.clock,
                .capture = capture_,
                .jobs = *jobs_}),
      planner_({.source = parts.source,
                .tasks = parts.tasks,
                .jobs = *jobs_,
                .starter = starter_,
                .tables = std::move(wanted)}) {}

Snapshots::~Snapshots() { Stop(); }

void Snapshots::Start() {
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
  if (plans()) planner_.Start();
}

bool Snapshots::plans() const { return parts_.config.snapshot.mode != SnapshotMode::kNever; }

void Snapshots::RetryNow() { jobs_->RetryNow(); }

bool Snapshots::StopWithin(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  jobs_->Stop();
  for (const auto& reader : readers_) reader->Interrupt();
  bool ended = planner_.WaitUntilEnded(deadline);
  for (const auto& reader : readers_) {
    ended = reader->ended().WaitForNotificationWithDeadline(deadline) && ended;
  }
  return ended;
}

void Snapshots::Stop() {
  StopWithin(absl::ZeroDuration());
  readers_.clear();
  planner_.Join();
}

absl::StatusOr<JobStatus> Snapshots::Begin(const JobRequest& request) {
  return starter_.Begin(request);
}

absl::StatusOr<JobStatus> Snapshots::Pause(std::string_view name) {
  return jobs_->SetState(name, JobState::kPaused);
}

absl::StatusOr<JobStatus> Snapshots::Resume(std::string_view name) {
  return jobs_->SetState(name, JobState::kRunning);
}

absl::StatusOr<JobStatus> Snapshots::Cancel(std::string_view name) {
  return jobs_->SetState(name, JobState::kCanceled);
}

std::vector<JobStatus> Snapshots::List() const { return jobs_->List(); }

absl::Status Snapshots::planning_status() const { return planner_.status(); }

absl::StatusOr<std::vector<TableName>> Snapshots::EnsureCovered(
    const std::vector<std::string>& patterns) {
  return starter_.EnsureCovered(patterns);
}

void Snapshots::NoteUncovered(const TableName& table) {
  if (plans()) planner_.NoteUncovered(table);
}

}  // namespace millrace::snapshot
