// SPDX-License-Identifier: Apache-2.0

#include "snapshot/planner.h"

#include <pthread.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {
namespace {

// Pause between attempts to list the tables.
constexpr Micros kPlanPause = 500'000;

}  // namespace

void Planner::Start() {
  thread_ = std::thread([this] {
    Run();
    ended_.Notify();
  });
  pthread_setname_np(thread_.native_handle(), "snapshot plan");
}

bool Planner::WaitUntilEnded(absl::Time deadline) const {
  return !thread_.joinable() || ended_.WaitForNotificationWithDeadline(deadline);
}

void Planner::Join() {
  if (thread_.joinable()) thread_.join();
}

void Planner::Run() {
  const Micros pause_max = parts_.source.options().reconnect_backoff_max;
  bool has_started = false;
  Micros pause = kPlanPause;
  do {
    const absl::Status status = has_started ? BeginNew() : BeginInitial();
    has_started = has_started || status.ok();
    pause = status.ok() ? kPlanPause : std::max(kPlanPause, std::min(2 * pause, pause_max));
    NoteStatus(status);
  } while (!parts_.jobs.SleepUntilStopped(pause));
}

absl::Status Planner::BeginInitial() {
  // While the stream has no connection, another connection would also fail.
  MILLRACE_RETURN_IF_ERROR(
      parts_.tasks.Run({}, [](StreamAccess& /*stream*/) { return absl::OkStatus(); }));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, parts_.source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(const auto tables,
                            parts_.starter.FindCaptured(*connection, parts_.tables));
  return parts_.starter.BeginUncovered(*connection, tables, "initial");
}

absl::Status Planner::BeginNew() {
  const std::vector<TableName> tables = TakeNewTables();
  if (tables.empty()) return absl::OkStatus();
  const auto connection = parts_.source.Connect();
  const absl::Status started =
      connection.ok() ? parts_.starter.BeginUncovered(**connection, tables, "new table")
                      : connection.status();
  if (started.ok()) return started;
  for (const TableName& table : tables) NoteUncovered(table);
  return started;
}

void Planner::NoteUncovered(const TableName& table) {
  if (!parts_.tables.Matches(table.database, table.table)) return;
  absl::MutexLock lock(&mutex_);
  new_tables_.push_back(table);
}

std::vector<TableName> Planner::TakeNewTables() {
  absl::MutexLock lock(&mutex_);
  const std::set<TableName> tables(new_tables_.begin(), new_tables_.end());
  new_tables_.clear();
  return {tables.begin(), tables.end()};
}

void Planner::NoteStatus(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  // The server stops, or the stream's connection broke. The status reports that separately.
  const bool expected = absl::IsCancelled(status) || absl::IsAborted(status);
  if (!status.ok() && !expected && ErrorReason(status_) != ErrorReason(status)) {
    spdlog::warn("snapshots cannot start yet: {} reason={}", std::string(status.message()),
                 ErrorReason(status));
  }
  status_ = expected ? absl::OkStatus() : status;
}

absl::Status Planner::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

}  // namespace millrace::snapshot
