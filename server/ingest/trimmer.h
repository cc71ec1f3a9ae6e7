// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "log/log.h"
#include "model/sequence.h"

namespace millrace::ingest {

// Applies retention on its own thread, because trimming reads old frames and waits for syncs, and
// commits must not wait for that. Thread-safe.
class Trimmer {
 public:
  // The oldest sequence that retention must keep; nothing if there is no such limit.
  using KeepFrom = std::function<std::optional<Sequence>()>;

  // `log` must outlive it.
  Trimmer(log::Log& log, KeepFrom keep_from);
  // Waits until the requested trim has ended.
  ~Trimmer();

  // Requests a trim soon. Does not block.
  void Request() ABSL_LOCKS_EXCLUDED(mutex_);
  // OK, or why trimming stopped. Errors as Log::Trim except DISK_FULL, after which the next request
  // tries again.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // False when the trimmer is stopping.
  bool AwaitRequest() ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsRequestedOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return requested_ || stopping_;
  }

  log::Log& log_;
  const KeepFrom keep_from_;
  mutable absl::Mutex mutex_;
  bool requested_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace millrace::ingest
