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

// Puts groups on disk in order, all that gathered meanwhile with one fsync, and tells readers. One
// thread of its own; now and then has retention applied on another. Push blocks while the disk is
// behind, which slows the reading of the binlog and nothing else.
class Committer {
 public:
  struct Options {
    // Called after each commit, on the committer's thread, with the frames that became visible.
    std::function<void(std::vector<std::shared_ptr<const log::Frame>>)> on_committed;
    // Where retention must stop; nothing if nowhere.
    std::function<std::optional<Sequence>()> keep_from;
    // Called on the committer's thread when disk_error() begins and when it ends.
    std::function<void()> on_disk_error = [] {};
  };
  // All must outlive it.
  Committer(log::Log& log, schema::Registry& registry, coverage::Coverage& coverage,
            const Clock& clock, Options options);
  // Finish.
  ~Committer();
  // Waits until everything pushed is on disk, or has failed, and takes no more. On the thread that
  // pushes.
  void Finish();

  // False after a failure: see status().
  bool Push(CommitGroup group);
  // OK, or why it gave up. Errors as Log::Commit but DISK_FULL, which is waited out.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Set while the disk is full.
  absl::Status disk_error() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends waiting for a full disk. What is pushed and not on disk then is read anew after a restart.
  void GiveUpWaiting() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  absl::Status Handle(CommitGroup group);
  absl::Status Commit(CommitGroup& group);
  absl::Status RetryWhileDiskFull(const std::function<absl::Status()>& write)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void SetDiskError(const absl::Status& disk_error) ABSL_LOCKS_EXCLUDED(mutex_);
  // False: GiveUpWaiting was called.
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
