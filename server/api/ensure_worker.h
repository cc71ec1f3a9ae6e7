// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/bounded_queue.h"
#include "model/table_name.h"

namespace millrace::api {

// Sees to it that the log holds, or comes to hold, all rows of the captured tables that match the
// patterns; answers those that are still to be read. May ask the source and block for it.
using EnsureCovered =
    std::function<absl::StatusOr<std::vector<TableName>>(const std::vector<std::string>&)>;

// Asks on a thread of its own, one request after another. Thread-safe.
class EnsureWorker {
 public:
  // The result to one request, to be looked for. Thread-safe.
  class Result {
   public:
    // Once: what was answered; nothing if that is still to come.
    std::optional<absl::StatusOr<std::vector<TableName>>> Take() ABSL_LOCKS_EXCLUDED(mutex_) {
      absl::MutexLock lock(&mutex_);
      return std::exchange(tables_, std::nullopt);
    }

   private:
    friend class EnsureWorker;
    void Set(absl::StatusOr<std::vector<TableName>> tables) ABSL_LOCKS_EXCLUDED(mutex_) {
      absl::MutexLock lock(&mutex_);
      tables_ = std::move(tables);
    }
    absl::Mutex mutex_;
    std::optional<absl::StatusOr<std::vector<TableName>>> tables_ ABSL_GUARDED_BY(mutex_);
  };

  // `requests_max` of them may wait. Without `ensure` all are answered SNAPSHOT_UNAVAILABLE.
  EnsureWorker(EnsureCovered ensure, size_t requests_max);
  // Stops.
  ~EnsureWorker();

  // Null if too many wait: ask again later. What nobody holds any more is not asked.
  std::shared_ptr<Result> Ask(std::vector<std::string> patterns) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits for the request being asked.
  void Stop();

 private:
  struct Request {
    std::vector<std::string> patterns;
    std::weak_ptr<Result> result;
  };
  void Run();

  const EnsureCovered ensure_;
  const size_t requests_max_;
  BoundedQueue<Request> requests_;
  absl::Mutex mutex_;  // so that nobody waits for room
  std::thread thread_;
};

}  // namespace millrace::api
