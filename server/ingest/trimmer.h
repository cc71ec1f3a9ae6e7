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

// Applies retention on a thread of its own: it reads old frames and waits for syncs, and commits
// must not wait for that. Thread-safe.
class Trimmer {
 public:
  // Where retention must stop; nothing if nowhere.
  using KeepFrom = std::function<std::optional<Sequence>()>;

  // `log` must outlive it.
  Trimmer(log::Log& log, KeepFrom keep_from);
  // Waits until what was requested is done.
  ~Trimmer();

  // Has the log trimmed soon. Does not block.
  void Request() ABSL_LOCKS_EXCLUDED(mutex_);
  // OK, or why trimming gave up. Errors as Log::Trim but DISK_FULL: it is tried at the next
  // request.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // False at the end.
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
