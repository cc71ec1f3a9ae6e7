// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace millrace::command {

// Turns the first SIGINT or SIGTERM into a call of a function, on a thread of its own. A second
// signal, or a first one without a function to call, ends the process as it would have.
// Make it before any other thread, which then inherits the blocked signals.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // What to call. It must be callable until OnSignal is given another, or nullptr.
  void OnSignal(std::function<void()> action) ABSL_LOCKS_EXCLUDED(mutex_);
  bool signalled() const { return signalled_.HasBeenNotified(); }
  // Waits, but no longer than until the signal. True if it came.
  bool WaitFor(absl::Duration duration) const {
    return signalled_.WaitForNotificationWithTimeout(duration);
  }

 private:
  void Run();
  // False if the process should end.
  bool HandleSignal() ABSL_LOCKS_EXCLUDED(mutex_);

  int signals_ = -1;
  int stop_ = -1;
  absl::Notification signalled_;
  absl::Mutex mutex_;
  std::function<void()> action_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace millrace::command
