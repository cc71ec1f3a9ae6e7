// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "log/log.h"
#include "model/capture_rules.h"
#include "model/table_name.h"
#include "mysql/connection.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/job_status.h"
#include "snapshot/jobs.h"
#include "snapshot/row_choice.h"
#include "snapshot/stream_tasks.h"

namespace millrace::snapshot {

// A request for a snapshot.
struct JobRequest {
  std::vector<std::string> tables;  // patterns
  RowChoice rows;
  std::string cause;
};

// Decides which tables must be read and starts the jobs that read them: for operators, for
// subscribers, and for the configuration. Thread-safe.
class JobStarter {
 public:
  // All must outlive the starter.
  struct Parts {
    const Config& config;
    const SourcePool& source;
    const log::Log& log;
    const schema::Registry& registry;
    const coverage::Coverage& coverage;
    StreamTasks& tasks;
    const Clock& clock;
    const CaptureRules& capture;
    Jobs& jobs;
  };
  explicit JobStarter(const Parts& parts) : parts_(parts) {}

  // See Snapshots::Begin.
  absl::StatusOr<JobStatus> Begin(const JobRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);
  // See Snapshots::EnsureCovered.
  absl::StatusOr<std::vector<TableName>> EnsureCovered(const std::vector<std::string>& patterns)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Starts a job for those of `tables` that no job reads and whose rows the log does not completely
  // hold at the current end of the binlog. Queries the source over `connection` and waits for the
  // stream. Fails like BinlogEnd, StreamTasks::Run and Jobs::Add.
  absl::Status BeginUncovered(Connection& connection, const std::vector<TableName>& tables,
                              std::string_view cause) ABSL_LOCKS_EXCLUDED(mutex_);
  // See CapturedTables.
  absl::StatusOr<std::vector<TableName>> FindCaptured(Connection& connection,
                                                      const TablePatterns& wanted) const;

 private:
  // Checks that every table has the columns and the key that the request's condition and bounds
  // need.
  absl::Status CheckRows(Connection& connection, const std::vector<TableName>& tables,
                         const RowChoice& rows) const;
  absl::StatusOr<std::vector<TableName>> FindUncovered(Connection& connection,
                                                       const std::vector<TableName>& tables) const;
  // Whether the table needs a new job. Fails like EnsureCovered.
  absl::StatusOr<bool> NeedsNewJob(const TableName& table) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Covers(const std::optional<coverage::TableCoverage>& coverage) const;

  const Parts parts_;
  // Held while choosing the tables of a new job, so that two jobs never read the same table. No
  // thread waits for the stream or the source while holding it.
  absl::Mutex mutex_;
};

}  // namespace millrace::snapshot
