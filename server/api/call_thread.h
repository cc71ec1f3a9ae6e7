// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "base/bounded_queue.h"

namespace millrace::api {

// Answers calls that may take long one after another on a thread of its own, so that they do not
// hold up gRPC's threads. Thread-safe.
class CallThread {
 public:
  // Answers one call. Called exactly once: with OK, or with the reason to refuse the call.
  using Call = std::function<void(const absl::Status& refusal)>;

  struct Options {
    const char* name;  // of the thread, at most 15 characters
    std::string work;  // for a refusal: "many other calls wait for WORK"
    // Calls that wait. Enough for people and their scripts.
    size_t calls_max = 16;
  };
  explicit CallThread(Options options);
  // Stops.
  ~CallThread();

  // Answers now or later. Refusals: kUnavailable NOT_READY: too many calls are queued; STOPPING.
  void Post(const Call& call);
  // Refuses queued and later calls. Does not block.
  void RequestStop();

 private:
  void Run();

  const Options options_;
  std::atomic<bool> stopping_{false};
  BoundedQueue<Call> calls_;
  std::thread thread_;
};

// UNAVAILABLE NOT_READY: too many calls wait for `work`.
absl::Status TooManyCalls(const std::string& work);

}  // namespace millrace::api
