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

// Makes sure that the log covers, or soon covers, all captured tables that match the patterns.
// Returns the tables still to be read. May query the source and block for it.
using EnsureCovered =
    std::function<absl::StatusOr<std::vector<TableName>>(const std::vector<std::string>&)>;

// Runs EnsureCovered on a separate thread, one request after another. Thread-safe.
class EnsureWorker {
 public:
  // The result of one request, for polling. Thread-safe.
  class Result {
   public:
    // Returns the result once, when it is available. Nothing before, or after it was taken.
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

  // `requests_max` requests may wait. Without `ensure`, all fail with SNAPSHOT_UNAVAILABLE.
  EnsureWorker(EnsureCovered ensure, size_t requests_max);
  // Stops.
  ~EnsureWorker();

  // Null if too many requests wait: retry later. A request whose result was dropped is skipped.
  std::shared_ptr<Result> Post(std::vector<std::string> patterns) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits for the running request.
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
  absl::Mutex mutex_;  // makes check and push atomic, so that Push never blocks
  std::thread thread_;
};

}  // namespace millrace::api
