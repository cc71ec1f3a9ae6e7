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

// A table that a reader has taken on.
struct Assignment {
  uint64_t job = 0;
  size_t ordinal = 0;
  TableName table;
  RowChoice rows;
  Progress progress;

  // All rows are wanted, so that afterwards the log holds all of the table.
  bool whole() const { return rows.all(); }
};

// What is to be read and how far that is. Memory is the truth for readers; the disk follows with
// each batch of the log. Thread-safe. Only what says so waits for the disk.
class Jobs {
 public:
  // kDataLoss LOG_DAMAGED.
  static absl::StatusOr<std::unique_ptr<Jobs>> Open(log::Log& log, const Clock& clock);

  // On disk when it answers, for which it waits; after a failure, as before. Snapshots that have
  // long been over are forgotten. SetState refuses to resume what has its condition in SQL:
  // kFailedPrecondition CONDITION_OUTDATED.
  absl::StatusOr<JobStatus> Add(StoredJob job, const std::vector<TableName>& tables)
      ABSL_LOCKS_EXCLUDED(store_mutex_, mutex_);
  absl::StatusOr<JobStatus> SetState(std::string_view name, JobState state)
      ABSL_LOCKS_EXCLUDED(store_mutex_, mutex_);
  std::vector<JobStatus> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // True if a snapshot that is not over reads all of the table, or will.
  bool WillRead(const TableName& table) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Why the last snapshot of the whole table could not read it, if it failed after `since` (steady)
  // and since Open: a failure of before a restart says nothing, as the configuration may differ.
  // kPermissionDenied SOURCE_ACCESS_DENIED, or kFailedPrecondition SNAPSHOT_UNAVAILABLE.
  absl::Status FailureOf(const TableName& table, Micros since) const ABSL_LOCKS_EXCLUDED(mutex_);

  // True if the newest snapshot of the whole table has read it, and ended after `since` (wall
  // time).
  bool WasReadSince(const TableName& table, Micros since) const ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, or one that still reads other tables has.
  bool WasReadSinceOrJobIsOpen(const TableName& table, Micros since) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Readers.

  // A table to read, if there is one now. The caller answers with Return.
  std::optional<Assignment> TryTake() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, but waits for one; nothing after Stop.
  std::optional<Assignment> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  // The table is over, or is to be taken on again, not before `retry_at` (steady). Waits for the
  // disk.
  void Return(const Assignment& assignment, Micros retry_at = 0)
      ABSL_LOCKS_EXCLUDED(store_mutex_, mutex_);
  // False: paused, canceled or stopped.
  bool Wanted(uint64_t job) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Sleeps, but no longer than it is wanted.
  void Sleep(uint64_t job, Micros time) ABSL_LOCKS_EXCLUDED(mutex_);
  void Update(const Assignment& assignment) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetWaiting(uint64_t job, std::string why) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends Take and Sleep.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the waits of Return and StoppedWithin.
  void RetryNow() ABSL_LOCKS_EXCLUDED(mutex_);
  // Sleeps until Stop or RetryNow; true if it was Stop.
  bool StoppedWithin(Micros time) ABSL_LOCKS_EXCLUDED(mutex_);

  // What is to be stored of the table's progress, in the batch of the changes it tells of.
  static log::Record RecordOf(const Assignment& assignment);

 private:
  struct Table {
    TableName name;
    Progress progress;
    bool taken = false;
    Micros retry_at = 0;
    std::optional<Micros> failed_at;  // steady; nothing if it failed before Open
  };
  struct Job {
    StoredJob stored;
    std::vector<Table> tables;
    std::string waiting;
    std::unique_ptr<RateMeter> rate;
    uint64_t rows = 0;  // since it was begun or loaded
  };

  Jobs(log::Log& log, const Clock& clock) : log_(log), clock_(clock) {}
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mutex_);
  // Fails the tables of a job whose condition is SQL of an earlier version.
  void RefuseSql(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Notes when it fails.
  void SetProgress(const Progress& progress, Table& table) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static log::Record RecordOf(const StoredJob& stored);
  // Adds what is to be stored of it to `records`.
  Job NewJob(StoredJob stored, const std::vector<TableName>& tables,
             std::vector<log::Record>& records) const;
  // The job as it is to be stored in this state; nothing if it stays as it is.
  absl::StatusOr<std::optional<StoredJob>> StoredWithState(const Job& job, JobState state) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Tables that failed before the job was last resumed are to be read on.
  static void RetryFailed(Job& job);
  // When the newest snapshot of the whole table ended, 0 if it still reads other tables. Nothing if
  // it has not read the table.
  std::optional<Micros> EndOfNewestRead(const TableName& name) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  Job* Find(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsTaken(const TableName& table) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsRunning(uint64_t job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Assignment> TakeNow(Micros* next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is to be stored if it is over now.
  std::optional<log::Record> EndIfOver(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Snapshots that have long been over; adds the removal of their records to `removed`.
  std::vector<uint64_t> FindExpired(std::vector<log::Record>& removed) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  JobStatus StatusOf(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  log::Log& log_;
  const Clock& clock_;
  // Held by whoever adds, forgets or ends a job, or changes its state, until that is on disk, so
  // that disk and memory have the same order. Never taken where nobody may wait for the disk.
  absl::Mutex store_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::map<uint64_t, Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t retries_requested_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::snapshot
