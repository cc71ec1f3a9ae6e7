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

// Work of other threads that only the thread that writes the log may do: the one way between the
// readers of tables and the stream. A task runs between two transactions, alone, as soon as the
// stream has come to its place. Thread-safe.
class StreamTasks {
 public:
  // An error of it is one of the stream itself (of the builder or HandOver), after which the
  // connection begins again; what a task finds otherwise it tells through what it captured.
  using Work = std::function<absl::Status(StreamAccess&)>;
  // What to wait for.
  struct Due {
    // In this epoch only; a task of an earlier one ends with kAborted STREAM_BROKE, because places
    // and touched keys of it mean nothing any more.
    std::optional<uint64_t> epoch;
    // Not before the stream has come here, or, where `gtids` are given, has taken exactly those.
    // Needs `epoch`.
    std::optional<BinlogPlace> place;
    GtidSet gtids;
    // Not after this: a task that has not begun by then ends with kUnavailable NOT_READY.
    absl::Time deadline = absl::InfiniteFuture();

    bool IsReached(const StreamAccess& stream) const;
  };

  // Runs `work` on the writing thread and waits for it. Answers what it answers, or why what it
  // added could not be handed on; kAborted STREAM_BROKE; kCancelled after Close. Not from a task.
  absl::Status Run(const Due& due, Work work) ABSL_LOCKS_EXCLUDED(mutex_);

  // The writing thread's side.

  // Called on the posting thread when there is something to run: ends the waiting of the stream.
  // Set before any task is posted; may be called at any time until Close has returned. May not
  // call back.
  void SetWake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Cheap. False: RunDue would do nothing.
  bool pending() const { return pending_.load(std::memory_order_acquire); }
  // Runs what is due of the tasks that were posted before, oldest first, each at most once, up to
  // the first error, which it answers.
  absl::Status RunDue(StreamAccess& access) ABSL_LOCKS_EXCLUDED(mutex_);
  // The connection of this epoch has ended: ends the tasks of it, waiting or posted later.
  void EndEpoch(uint64_t epoch) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all tasks that wait, and refuses others, with kCancelled. From any thread.
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
  // The oldest task up to `number` that is due; ends those whose epoch is over on the way.
  TaskPtr TakeDue(const StreamAccess& access, uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  static void End(Task& task, absl::Status result);
  // False if it runs or has ended.
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
