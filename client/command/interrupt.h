// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace millrace::command {

// Calls a function, on its own thread, on the first SIGINT or SIGTERM. A second signal, or a first
// one without a function, ends the process with exit code 128 plus its number. Create it before any
// other thread, since threads inherit the blocked signals.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Sets the function to call. It must stay valid until the next OnSignal; nullptr removes it.
  void OnSignal(std::function<void()> action) ABSL_LOCKS_EXCLUDED(mutex_);
  bool signalled() const { return signalled_.HasBeenNotified(); }
  // Waits for `duration` or until the signal. Returns true if the signal has come.
  bool WaitFor(absl::Duration duration) const {
    return signalled_.WaitForNotificationWithTimeout(duration);
  }

 private:
  void Run();
  // Returns false if the process must end.
  bool HandleSignal() ABSL_LOCKS_EXCLUDED(mutex_);

  int signals_ = -1;
  int stop_ = -1;
  absl::Notification signalled_;
  absl::Mutex mutex_;
  std::function<void()> action_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace millrace::command
