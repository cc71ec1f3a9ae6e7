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

// Reads the tables that Jobs assigns, one after the other. Connects when there is a table to read
// and disconnects when there is none.
class ReaderThread {
 public:
  // `connected` counts connected readers and must outlive them.
  ReaderThread(const TableReader::Parts& parts, std::atomic<int>& connected);
  // Stop Jobs and close the tasks first.
  ~ReaderThread();

  // Aborts a running query. From any thread.
  void Interrupt() ABSL_LOCKS_EXCLUDED(mutex_);
  // Notified when the thread has finished.
  const absl::Notification& ended() const { return ended_; }

 private:
  void Run();
  std::optional<Assignment> Take();
  // Returns a table that was not read to its end.
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
