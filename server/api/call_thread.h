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

// Runs slow calls one after another on a separate thread, so that they do not block gRPC's threads.
// Thread-safe.
class CallThread {
 public:
  // Runs and finishes one call. Called exactly once: with OK, or with the reason to refuse it.
  using Call = std::function<void(const absl::Status& refusal)>;

  struct Options {
    const char* name;  // name of the thread, at most 15 characters
    std::string work;  // for refusals: "too many other calls wait for WORK"
    // Maximum number of waiting calls. Enough for people and their scripts.
    size_t calls_max = 16;
  };
  explicit CallThread(Options options);
  // Stops.
  ~CallThread();

  // Runs the call on the thread, or refuses it now: kUnavailable NOT_READY: too many calls wait;
  // STOPPING.
  void Post(const Call& call);
  // Refuses waiting and later calls. Does not block.
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
