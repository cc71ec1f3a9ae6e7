// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "base/bounded_queue.h"

namespace millrace::api {

// Calls that have to ask the source, one after another on a thread of its own, because the source
// may take its time. Thread-safe.
class SourceQuestions {
 public:
  // Answers one call. Called exactly once, with OK, or with why the call is refused.
  using Answer = std::function<void(const absl::Status& refusal)>;

  SourceQuestions();
  // Stops.
  ~SourceQuestions();

  // Answers now or later. Refusals: kUnavailable NOT_READY: too many wait; STOPPING.
  void Post(const Answer& answer);
  // Refuses what waits and what comes; waits for nothing.
  void RequestStop();

 private:
  void Run();

  std::atomic<bool> stopping_{false};
  BoundedQueue<Answer> answers_;
  std::thread thread_;
};

}  // namespace millrace::api
