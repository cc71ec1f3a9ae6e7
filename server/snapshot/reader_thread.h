// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "mysql/connection.h"
#include "snapshot/table_reader.h"

namespace millrace::snapshot {

// Reads tables one after the other as Jobs hands them out, over one connection that it makes when
// there is something to read and closes when there is nothing more.
class ReaderThread {
 public:
  // `connected` counts the readers that have a connection; it outlives them.
  ReaderThread(const TableReader::Parts& parts, std::atomic<int>& connected);
  // Jobs must have been stopped and the tasks closed.
  ~ReaderThread();

  // Breaks off a query that runs. From any thread.
  void Interrupt() ABSL_LOCKS_EXCLUDED(mutex_);
  // Told when the thread has nothing more to do.
  const absl::Notification& ended() const { return ended_; }

 private:
  void Run();
  std::optional<Assignment> Take();
  // Gives back a table that could not be read to its end.
  void ReturnUnfinished(Assignment& assignment, const absl::Status& status, Micros backoff);
  absl::Status ReadOne(Assignment& assignment);
  absl::Status Connect() ABSL_LOCKS_EXCLUDED(mutex_);
  void Disconnect() ABSL_LOCKS_EXCLUDED(mutex_);

  const TableReader::Parts parts_;
  std::atomic<int>& connected_;
  absl::Mutex mutex_;
  std::unique_ptr<Connection> connection_ ABSL_GUARDED_BY(mutex_);
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::snapshot
