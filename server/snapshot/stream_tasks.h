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
#include "model/binlog_place.h"
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
    // Not before the stream has come here. Needs `epoch`.
    std::optional<BinlogPlace> place;
  };

  // Runs `work` on the writing thread and waits for it. Answers what it answers; kAborted
  // STREAM_BROKE; kCancelled after Close.
  absl::Status Run(const Due& due, Work work) ABSL_LOCKS_EXCLUDED(mutex_);

  // The writing thread's side.

  // Called on the posting thread when there is something to run: ends the waiting of the stream.
  // Set before any task is posted; may be called at any time until Close.
  void SetWake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Cheap. False: RunDue would do nothing.
  bool pending() const { return pending_.load(std::memory_order_acquire); }
  // Runs what is due, oldest first, each at most once, up to the first error, which it answers.
  absl::Status RunDue(StreamAccess& access) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all tasks that wait, and refuses others, with kCancelled. From any thread.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Task {
    Due due;
    Work work;
    absl::Status result;
    absl::Notification done;
  };
  std::shared_ptr<Task> TakeDue(const StreamAccess& access) ABSL_LOCKS_EXCLUDED(mutex_);

  std::function<void()> wake_ = [] {};
  std::atomic<bool> pending_{false};
  absl::Mutex mutex_;
  std::deque<std::shared_ptr<Task>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::snapshot
