// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "coverage/coverage.h"
#include "ingest/commit_group.h"
#include "ingest/pending_group.h"
#include "ingest/trimmer.h"
#include "log/log.h"
#include "schema/registry.h"

namespace millrace::ingest {

// Writes groups to disk in order, merging all groups that arrive during one fsync, and notifies
// readers. Has its own thread. Requests retention from time to time; the Trimmer applies it on
// another thread. Push blocks while the disk lags, which slows only the reading of the binlog.
class Committer {
 public:
  struct Options {
    // Called on the committer's thread after each commit, with the frames that became visible.
    std::function<void(std::vector<std::shared_ptr<const log::Frame>>)> on_committed;
    // The oldest sequence that retention must keep; nothing if there is no such limit.
    std::function<std::optional<Sequence>()> keep_from;
    // Called on the committer's thread when disk_error() is set and when it is cleared.
    std::function<void()> on_disk_error = [] {};
  };
  // All must outlive it.
  Committer(log::Log& log, schema::Registry& registry, coverage::Coverage& coverage,
            const Clock& clock, Options options);
  // Calls Finish.
  ~Committer();
  // Accepts no more groups and waits until every pushed group is on disk or has failed. Call it on
  // the thread that pushes.
  void Finish();

  // False after a failure: see status().
  bool Push(CommitGroup group);
  // OK, or why the committer stopped. Errors as Log::Commit except DISK_FULL, which is retried.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);
  // An error while the disk is full, OK otherwise.
  absl::Status disk_error() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Stops retrying on a full disk. Groups that are not on disk by then are read again after a
  // restart.
  void GiveUpWaiting() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  absl::Status Handle(CommitGroup group);
  absl::Status Commit(CommitGroup& group);
  absl::Status RetryWhileDiskFull(const std::function<absl::Status()>& write)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void SetDiskError(const absl::Status& disk_error) ABSL_LOCKS_EXCLUDED(mutex_);
  // False if GiveUpWaiting was called.
  bool PauseOnFullDisk() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status TrimSometimes();

  log::Log& log_;
  schema::Registry& registry_;
  coverage::Coverage& coverage_;
  const Clock& clock_;
  const Options options_;
  PendingGroup pending_;
  Micros trimmed_at_ = 0;
  Trimmer trimmer_;

  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  absl::Status disk_error_ ABSL_GUARDED_BY(mutex_);
  bool give_up_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace millrace::ingest
