// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "log/log.h"
#include "model/capture_rules.h"
#include "model/table_name.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/job_starter.h"
#include "snapshot/job_status.h"
#include "snapshot/jobs.h"
#include "snapshot/pace.h"
#include "snapshot/planner.h"
#include "snapshot/reader_thread.h"
#include "snapshot/stream_tasks.h"

namespace millrace::snapshot {

// All snapshots: starts them, reads their tables over separate connections, stores their progress,
// and resumes them after a restart. Owns its threads. Thread-safe once open.
class Snapshots {
  struct Key {};  // Only Open constructs.

 public:
  // All must outlive the snapshots.
  struct Parts {
    const Config& config;
    const SourcePool& source;
    log::Log& log;
    const schema::Registry& registry;
    const coverage::Coverage& coverage;
    StreamTasks& tasks;
    const Clock& clock;
  };
  // kDataLoss LOG_DAMAGED: stored snapshots are unreadable. kInvalidArgument: snapshot.tables or
  // source.exclude_columns are not valid patterns.
  static absl::StatusOr<std::unique_ptr<Snapshots>> Open(const Parts& parts);
  Snapshots(Key, const Parts& parts, CaptureRules capture, TablePatterns wanted,
            std::unique_ptr<Jobs> jobs);
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;
  // Calls Stop.
  ~Snapshots();

  // Starts the threads. Called once, after the stream runs tasks.
  void Start();
  // Retries all failed reads now: an operator may have corrected the cause.
  void RetryNow();
  // Ends the threads at their next row. After a restart they read the rows again that the log had
  // not taken. Close the tasks first. False if threads still run after `timeout`: connecting cannot
  // be interrupted.
  bool StopWithin(absl::Duration timeout);
  // The same, without a limit.
  void Stop();

  // Lists the source's tables and starts to read those that match. kInvalidArgument
  // TABLE_PATTERN_MALFORMED; TABLE_UNKNOWN: no captured table matches; REQUEST_INVALID: no table is
  // named. Otherwise fails like CheckChoice, for the first table that the choice does not fit, and
  // with connection errors like SourcePool::Connect.
  absl::StatusOr<JobStatus> Begin(const JobRequest& request);
  // kNotFound SNAPSHOT_NOT_FOUND. A finished snapshot does not change, except that Resume retries
  // its failed tables unless it was canceled.
  absl::StatusOr<JobStatus> Pause(std::string_view name);
  absl::StatusOr<JobStatus> Resume(std::string_view name);
  absl::StatusOr<JobStatus> Cancel(std::string_view name);
  // Newest first: all unfinished ones, and the last finished ones.
  std::vector<JobStatus> List() const;
  // Why snapshots from the configuration cannot start; OK if they can. They are retried.
  absl::Status planning_status() const;

  // Makes sure that the log covers, or soon covers, every captured table that matches the patterns
  // of a subscriber. Returns the tables that it started to read or that are being read; empty if
  // all are covered. May query the source; blocks for it. kFailedPrecondition SNAPSHOT_UNAVAILABLE:
  // a table must be read, and snapshot.mode is never or reading it failed (see the message).
  // kPermissionDenied SOURCE_ACCESS_DENIED: our account may not read a table completely.
  absl::StatusOr<std::vector<TableName>> EnsureCovered(const std::vector<std::string>& patterns);

  // Reports a new table whose rows the log does not hold. Does not block.
  void NoteUncovered(const TableName& table);

 private:
  // Whether the configuration starts snapshots without a request.
  bool plans() const;

  const Parts parts_;
  const CaptureRules capture_;
  const std::unique_ptr<Jobs> jobs_;
  Pace pace_;
  JobStarter starter_;
  Planner planner_;
  std::atomic<int> connected_{0};  // number of connected readers
  std::vector<std::unique_ptr<ReaderThread>> readers_;
};

}  // namespace millrace::snapshot
