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

// All snapshots: begins them, reads their tables over connections of its own, keeps their progress
// on disk, and goes on with them after a restart. Owns its threads. Thread-safe once open.
class Snapshots {
  struct Key {};  // only Open makes it

 public:
  // All must outlive it.
  struct Parts {
    const Config& config;
    const SourcePool& source;
    log::Log& log;
    const schema::Registry& registry;
    const coverage::Coverage& coverage;
    StreamTasks& tasks;
    const Clock& clock;
  };
  // kDataLoss LOG_DAMAGED: what is stored of snapshots is unreadable. kInvalidArgument:
  // snapshot.tables or source.exclude_columns are no patterns.
  static absl::StatusOr<std::unique_ptr<Snapshots>> Open(const Parts& parts);
  Snapshots(Key, const Parts& parts, CaptureRules capture, TablePatterns wanted,
            std::unique_ptr<Jobs> jobs);
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;
  // Stops.
  ~Snapshots();

  // Starts the threads. Called once, when the stream has somebody who runs tasks.
  void Start();
  // What waits for its next try is tried now: the cause of failures may have been corrected.
  void RetryNow();
  // Ends the threads at the next row; what was read and not taken is read again after a restart.
  // The tasks must be closed before. False if they have not ended by then: a connection that is
  // being made cannot be interrupted.
  bool StopWithin(absl::Duration timeout);
  // The same without limit.
  void Stop();

  // Asks the source which tables there are, and begins to read them. kInvalidArgument
  // TABLE_PATTERN_MALFORMED; TABLE_UNKNOWN: no captured table matches; REQUEST_INVALID: no table is
  // named; others as CheckChoice, for the first table that cannot have such rows. Errors of the
  // connection as SourcePool::Connect.
  absl::StatusOr<JobStatus> Begin(const JobRequest& request);
  // kNotFound SNAPSHOT_NOT_FOUND. A snapshot that is over stays as it is.
  absl::StatusOr<JobStatus> Pause(std::string_view name);
  absl::StatusOr<JobStatus> Resume(std::string_view name);
  absl::StatusOr<JobStatus> Cancel(std::string_view name);
  // Newest first: all that are not over, and the last of those that are.
  std::vector<JobStatus> List() const;
  // Why snapshots that the configuration wants cannot begin; OK if they can. It is tried again.
  absl::Status planning() const;

  // For a subscriber who wants the current rows of tables whose patterns these are: sees to it that
  // every captured table of the source that matches is covered by the log, or becomes so. Answers
  // the names of the tables that it began to read or that are being read; none: everything is
  // covered. May ask the source; blocks for it. kFailedPrecondition SNAPSHOT_UNAVAILABLE: something
  // has to be read and snapshot.mode is never; or a table failed to be read (text says why).
  // kPermissionDenied SOURCE_ACCESS_DENIED: our account may not read one of them, or all of it.
  absl::StatusOr<std::vector<TableName>> EnsureCovered(const std::vector<std::string>& patterns);

  // A table that the log does not hold has come into being under this name. Quick.
  void NoteUncovered(const TableName& table);

 private:
  // Whether snapshots begin that nobody asked for.
  bool plans() const;

  const Parts parts_;
  const CaptureRules capture_;
  const std::unique_ptr<Jobs> jobs_;
  Pace pace_;
  JobStarter starter_;
  Planner planner_;
  std::atomic<int> connected_{0};  // readers
  std::vector<std::unique_ptr<ReaderThread>> readers_;
};

}  // namespace millrace::snapshot
