// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace millrace::feed {

// Threads that read from the disk for callers that must not wait for it: serving threads and calls.
// Thread-safe.
class DiskReaders {
 public:
  // The caller of a task. When both kinds wait, they take turns, so neither delays the other.
  enum class Caller { kCall, kStream };
  enum class Admission {
    kRead,
    kBusy,      // too many calls wait: the task must do nothing
    kStopping,  // the server stops: the task must do nothing
  };
  // Called exactly once. May block only if admitted.
  using Task = std::function<void(Admission admission)>;

  explicit DiskReaders(size_t thread_count);
  // Calls Stop.
  ~DiskReaders();

  // Queues the task for one of the threads; tasks of one kind run in order. If it is refused, calls
  // it now, on the calling thread. A stream posts one task at a time, so stream tasks are never too
  // many.
  void Post(Caller caller, Task task) ABSL_LOCKS_EXCLUDED(mutex_);
  // Refuses waiting and later tasks. Does not block.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and waits for running tasks.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Queue = std::deque<Task>;

  void Run();
  Queue& QueueOf(Caller caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queues_[static_cast<size_t>(caller)];
  }
  bool HasTaskOrIsStopping() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Task TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::array<Queue, 2> queues_ ABSL_GUARDED_BY(mutex_);
  Caller next_ ABSL_GUARDED_BY(mutex_) = Caller::kCall;  // which kind runs next
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace millrace::feed
