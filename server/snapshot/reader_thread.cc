// SPDX-License-Identifier: Apache-2.0

#include "snapshot/reader_thread.h"

#include <pthread.h>

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "snapshot/read_session.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {

ReaderThread::ReaderThread(const TableReader::Parts& parts, std::atomic<int>& connected)
    : parts_(parts), connected_(connected), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "snapshot");
}

ReaderThread::~ReaderThread() { thread_.join(); }

void ReaderThread::Interrupt() {
  absl::MutexLock lock(&mutex_);
  interrupted_ = true;
  if (connection_ != nullptr) connection_->Interrupt();
}

void ReaderThread::Run() {
  Micros backoff = parts_.config.source.reconnect_backoff_min;
  while (auto assignment = Take()) {
    const absl::Status status = ReadOne(*assignment);
    if (status.ok()) {
      parts_.jobs.Return(*assignment);
      backoff = parts_.config.source.reconnect_backoff_min;
      continue;
    }
    ReturnUnfinished(*assignment, status, backoff);
    backoff = std::min(2 * backoff, parts_.config.source.reconnect_backoff_max);
  }
  Disconnect();
  ended_.Notify();
}

// Disconnects while idle: the account may have few connections, and other readers may need this
// one.
std::optional<Assignment> ReaderThread::Take() {
  std::optional<Assignment> assignment = parts_.jobs.TryTake();
  if (assignment.has_value()) return assignment;
  Disconnect();
  return parts_.jobs.Take();
}

void ReaderThread::ReturnUnfinished(Assignment& assignment, const absl::Status& status,
                                    Micros backoff) {
  Disconnect();
  if (HasReason(status, reason::kSourceAccountLimit) && connected_.load() > 0) {
    // The account allows fewer connections than readers. Connected readers will read this table
    // too.
    spdlog::info("a snapshot reader waits for a connection: {}", std::string(status.message()));
    parts_.jobs.Return(assignment);
    parts_.jobs.SleepUntilStopped(backoff);
    return;
  }
  if (!absl::IsCancelled(status)) {
    spdlog::warn("reading table {} failed, retrying: {} reason={}", assignment.table.ToString(),
                 std::string(status.message()), ErrorReason(status));
    assignment.progress.set_error(std::string(status.message()));
    assignment.progress.set_error_reason(ErrorReason(status));
  }
  parts_.jobs.Return(assignment, parts_.clock.SteadyMicros() + backoff);
}

absl::Status ReaderThread::ReadOne(Assignment& assignment) {
  MILLRACE_RETURN_IF_ERROR(Connect());
  Connection* connection = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    connection = connection_.get();
  }
  TableReader reader(parts_, *connection, std::move(assignment));
  const absl::Status status = reader.Read();
  assignment = reader.assignment();
  return status;
}

absl::Status ReaderThread::Connect() {
  {
    absl::MutexLock lock(&mutex_);
    if (connection_ != nullptr) return absl::OkStatus();
  }
  MILLRACE_ASSIGN_OR_RETURN(auto connection, parts_.source.Connect());
  MILLRACE_RETURN_IF_ERROR(PrepareReads(*connection, parts_.config.snapshot.query_time_max));
  absl::MutexLock lock(&mutex_);
  if (interrupted_) return absl::CancelledError("the server stops");
  connection_ = std::move(connection);
  connected_.fetch_add(1);
  return absl::OkStatus();
}

void ReaderThread::Disconnect() {
  absl::MutexLock lock(&mutex_);
  if (connection_ == nullptr) return;
  connection_.reset();
  connected_.fetch_sub(1);
}

}  // namespace millrace::snapshot
