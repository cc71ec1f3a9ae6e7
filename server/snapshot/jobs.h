// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "log/log.h"
#include "metrics/rate_meter.h"
#include "model/table_name.h"
#include "snapshot/job_status.h"
#include "snapshot/row_choice.h"
#include "snapshot/stored_state.h"

namespace millrace::snapshot {

// A table assigned to a reader.
struct Assignment {
  uint64_t job = 0;
  size_t ordinal = 0;
  TableName table;
  RowChoice rows;
  Progress progress;

  // The snapshot reads all rows, so afterwards the log holds the whole table.
  bool whole() const { return rows.all(); }
};

// All snapshots and their progress. The state in memory is authoritative; each batch of the log
// also stores it. Thread-safe. A method blocks on the disk only if its comment says so.
class Jobs {
 public:
  // kDataLoss LOG_DAMAGED.
  static absl::StatusOr<std::unique_ptr<Jobs>> Open(log::Log& log, const Clock& clock);

  // Both block until the change is on disk; a failure changes nothing. Add also deletes the records
  // of finished snapshots, except the newest 20. SetState does not resume a snapshot whose
  // condition is SQL, from an earlier version: kFailedPrecondition CONDITION_OUTDATED.
  absl::StatusOr<JobStatus> Add(StoredJob job, const std::vector<TableName>& tables)
      ABSL_LOCKS_EXCLUDED(store_mutex_, mutex_);
  absl::StatusOr<JobStatus> SetState(std::string_view name, JobState state)
      ABSL_LOCKS_EXCLUDED(store_mutex_, mutex_);
  std::vector<JobStatus> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // True if an unfinished snapshot reads or will read the whole table.
  bool WillRead(const TableName& table) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Why the newest snapshot of the whole table failed to read it, if it failed after `since`
  // (steady clock) and after Open. Failures before a restart do not count, because the
  // configuration may have changed. kPermissionDenied SOURCE_ACCESS_DENIED, or kFailedPrecondition
  // SNAPSHOT_UNAVAILABLE.
  absl::Status FailureOf(const TableName& table, Micros since) const ABSL_LOCKS_EXCLUDED(mutex_);

  // True if the newest snapshot of the whole table has read it and ended after `since` (wall
  // clock).
  bool WasReadSince(const TableName& table, Micros since) const ABSL_LOCKS_EXCLUDED(mutex_);
  // The same; also true if that snapshot still reads other tables.
  bool WasReadSinceOrJobIsOpen(const TableName& table, Micros since) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Methods for readers.

  // A table to read, if there is one now. The caller must Return it.
  std::optional<Assignment> TryTake() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, but waits for one. Nothing after Stop.
  std::optional<Assignment> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the assignment: the table is over, or another reader may take it, not before `retry_at`
  // (steady clock). Blocks on the disk.
  void Return(const Assignment& assignment, Micros retry_at = 0)
      ABSL_LOCKS_EXCLUDED(store_mutex_, mutex_);
  // False once the job is paused, canceled or stopped.
  bool Wanted(uint64_t job) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Sleeps until `time` has passed or the job is not wanted any more.
  void Sleep(uint64_t job, Micros time) ABSL_LOCKS_EXCLUDED(mutex_);
  void Update(const Assignment& assignment) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetWaiting(uint64_t job, std::string why) ABSL_LOCKS_EXCLUDED(mutex_);
  // Wakes Take and Sleep.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the waits of Return and SleepUntilStopped immediately.
  void RetryNow() ABSL_LOCKS_EXCLUDED(mutex_);
  // Sleeps until Stop, RetryNow or the end of `time`. True after Stop.
  bool SleepUntilStopped(Micros time) ABSL_LOCKS_EXCLUDED(mutex_);

  // The record of the table's progress, for the batch that contains its changes.
  static log::Record RecordOf(const Assignment& assignment);

 private:
  struct Table {
    TableName name;
    Progress progress;
    bool taken = false;
    Micros retry_at = 0;
    std::optional<Micros> failed_at;  // steady clock; nothing if it failed before Open
  };
  struct Job {
    StoredJob stored;
    std::vector<Table> tables;
    std::string waiting;
    std::unique_ptr<RateMeter> rate;
    uint64_t rows = 0;  // since the job was added or loaded
  };

  Jobs(log::Log& log, const Clock& clock) : log_(log), clock_(clock) {}
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mutex_);
  // Fails the unfinished tables of a job whose condition is SQL.
  void RefuseSql(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Also notes the time of a failure.
  void SetProgress(const Progress& progress, Table& table) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static log::Record RecordOf(const StoredJob& stored);
  // Also adds its records to `records`.
  Job NewJob(StoredJob stored, const std::vector<TableName>& tables,
             std::vector<log::Record>& records) const;
  // The job with the new state, for storing; nothing if its state does not change.
  absl::StatusOr<std::optional<StoredJob>> StoredWithState(const Job& job, JobState state) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Lets tables continue that failed before the job was last resumed.
  static void RetryFailed(Job& job);
  // When the newest snapshot of the whole table ended; 0 if it still reads other tables. Nothing if
  // it has not read this table.
  std::optional<Micros> EndOfNewestRead(const TableName& name) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  Job* Find(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsTaken(const TableName& table) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsRunning(uint64_t job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Assignment> TakeNow(Micros* next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // If all tables are over, ends the job and returns its record.
  std::optional<log::Record> EndIfOver(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Finished snapshots except the newest 20. Adds the removal of their records to `removed`.
  std::vector<uint64_t> FindExpired(std::vector<log::Record>& removed) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  JobStatus StatusOf(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  log::Log& log_;
  const Clock& clock_;
  // Held while a job is added, removed, ended or changes state, until that is on disk. So memory
  // and disk see the same order. Never locked by threads that must not wait for the disk.
  absl::Mutex store_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::map<uint64_t, Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t retries_requested_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::snapshot
