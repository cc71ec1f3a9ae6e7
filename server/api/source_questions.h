// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "base/bounded_queue.h"

namespace millrace::api {

// Runs calls that query the source one after another on a thread of its own, because a query may
// take long. Thread-safe.
class SourceQuestions {
 public:
  // Answers one call. Called exactly once: with OK, or with the reason to refuse the call.
  using Answer = std::function<void(const absl::Status& refusal)>;

  SourceQuestions();
  // Stops.
  ~SourceQuestions();

  // Answers now or later. Refusals: kUnavailable NOT_READY: too many calls are queued; STOPPING.
  void Post(const Answer& answer);
  // Refuses queued and later calls. Does not block.
  void RequestStop();

 private:
  void Run();

  std::atomic<bool> stopping_{false};
  BoundedQueue<Answer> answers_;
  std::thread thread_;
};

}  // namespace millrace::api
