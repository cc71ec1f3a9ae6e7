// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "model/table_name.h"
#include "mysql/source_pool.h"
#include "snapshot/job_starter.h"
#include "snapshot/jobs.h"
#include "snapshot/stream_tasks.h"

namespace millrace::snapshot {

// Starts snapshots without a request, on its own thread: for the tables in the configuration, and
// for new tables that the log does not hold. Retries after failures. Thread-safe.
class Planner {
 public:
  // All must outlive the planner.
  struct Parts {
    const SourcePool& source;
    StreamTasks& tasks;
    Jobs& jobs;
    JobStarter& starter;
    TablePatterns tables;  // from the configuration
  };
  explicit Planner(Parts parts) : parts_(std::move(parts)) {}
  // Stop Jobs and close the tasks first.
  ~Planner() { Join(); }
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  // Called at most once.
  void Start();
  // Waits until `deadline`; true if the thread has ended.
  bool WaitUntilEnded(absl::Time deadline) const;
  void Join();

  // See Snapshots::NoteUncovered.
  void NoteUncovered(const TableName& table) ABSL_LOCKS_EXCLUDED(mutex_);
  // Why planning currently fails; OK if it does not.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  absl::Status BeginInitial();
  absl::Status BeginNew();
  std::vector<TableName> TakeNewTables() ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteStatus(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  const Parts parts_;
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::vector<TableName> new_tables_ ABSL_GUARDED_BY(mutex_);
  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::snapshot
