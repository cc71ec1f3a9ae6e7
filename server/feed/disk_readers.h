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

// Threads that read from the disk for those that must not wait for it: serving threads and calls.
// Thread-safe.
class DiskReaders {
 public:
  // Whom a task is for. Where both wait they take turns, so that neither holds up the other.
  enum class Caller { kCall, kStream };
  enum class Admission {
    kRead,
    kBusy,      // too many calls wait: the task does nothing
    kStopping,  // the same, for the server stops
  };
  // Called exactly once. May take long only if it is its admission to read.
  using Task = std::function<void(Admission admission)>;

  explicit DiskReaders(size_t thread_count);
  // Stops.
  ~DiskReaders();

  // Runs the task on one of the threads, each kind in the order in which it came; or now, on the
  // calling thread, if it is refused. A stream posts one task at a time, so those are never too
  // many.
  void Post(Caller caller, Task task) ABSL_LOCKS_EXCLUDED(mutex_);
  // Refuses waiting and later tasks. Does not block.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and waits for the tasks that are reading.
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
  Caller next_ ABSL_GUARDED_BY(mutex_) = Caller::kCall;  // whose admission it is
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace millrace::feed
