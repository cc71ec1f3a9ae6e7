// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "model/binlog_place.h"
#include "model/gtid_set.h"
#include "snapshot/stream_access.h"

namespace millrace::snapshot {

// Work that other threads post to the thread that writes the log. The only way from table readers
// to the stream. A task runs alone, between two transactions, as soon as the stream reaches its
// place. Thread-safe.
class StreamTasks {
 public:
  // An error means that the stream itself failed (the builder or HandOver); the stream then
  // reconnects. A task reports all other results through its captures.
  using Work = std::function<absl::Status(StreamAccess&)>;
  // When a task may run.
  struct Due {
    // Only in this epoch. A task of an earlier epoch ends with kAborted STREAM_BROKE, because its
    // places and touched keys are no longer valid.
    std::optional<uint64_t> epoch;
    // Not before the stream reaches this place or, if `gtids` is not empty, has read exactly those
    // transactions. Needs `epoch`.
    std::optional<BinlogPlace> place;
    GtidSet gtids;
    // A task that has not started by then ends with kUnavailable NOT_READY.
    absl::Time deadline = absl::InfiniteFuture();

    bool IsReached(const StreamAccess& stream) const;
  };

  // Runs `work` on the writing thread and waits for it. Returns its result, or the error of passing
  // its changes on; kAborted STREAM_BROKE; kCancelled after Close. Never call it from a task.
  absl::Status Run(const Due& due, Work work) ABSL_LOCKS_EXCLUDED(mutex_);

  // Methods for the writing thread.

  // Sets a function that wakes the stream. The posting thread calls it when there is a task. Set it
  // before any task is posted. It may be called until Close has returned, and must not call back.
  void SetWake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Cheap. False: RunDue has nothing to do.
  bool pending() const { return pending_.load(std::memory_order_acquire); }
  // Runs the due tasks that were posted before the call, oldest first, each at most once. Stops at
  // the first error and returns it.
  absl::Status RunDue(StreamAccess& access) ABSL_LOCKS_EXCLUDED(mutex_);
  // The connection of this epoch has ended: ends its tasks, waiting or posted later.
  void EndEpoch(uint64_t epoch) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all waiting tasks and refuses later ones, with kCancelled. From any thread.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Task {
    Due due;
    Work work;
    uint64_t number = 0;
    absl::Status result;
    absl::Notification done;
  };
  using TaskPtr = std::shared_ptr<Task>;
  // The oldest due task up to `number`. Ends tasks of earlier epochs on the way.
  TaskPtr TakeDue(const StreamAccess& access, uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  static void End(Task& task, absl::Status result);
  // False if the task runs or has ended.
  bool Withdraw(const TaskPtr& task) ABSL_LOCKS_EXCLUDED(mutex_);

  std::function<void()> wake_ = [] {};
  std::atomic<bool> pending_{false};
  absl::Mutex mutex_;
  std::deque<TaskPtr> tasks_ ABSL_GUARDED_BY(mutex_);  // ascending by number
  uint64_t posted_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t ended_epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::snapshot
