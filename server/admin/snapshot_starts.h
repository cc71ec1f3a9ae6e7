// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bounded_queue.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "millrace/v1/admin.pb.h"

namespace millrace::admin {

// Answers calls of StartSnapshot one after the other on a thread of its own, because beginning a
// snapshot asks the source, which may take as long as a connection may. Thread-safe.
class SnapshotStarts {
 public:
  // Begins a snapshot. May block.
  using Begin = std::function<absl::StatusOr<v1::Snapshot>(const v1::StartSnapshotRequest&)>;
  // One call, as gRPC gives it; all of it lives until the reactor is finished.
  struct Call {
    grpc::CallbackServerContext* context;
    const v1::StartSnapshotRequest* request;
    v1::StartSnapshotResponse* response;
    grpc::ServerUnaryReactor* reactor;
  };

  explicit SnapshotStarts(Begin begin);
  // Stops.
  ~SnapshotStarts();

  // Finishes the call's reactor, now or later. UNAVAILABLE NOT_READY: too many wait; STOPPING.
  void Post(const Call& call);
  // Refuses with STOPPING what waits and what comes; what is being begun is finished.
  void Stop();

 private:
  void Run();
  void Answer(const Call& call) const;

  const Begin begin_;
  std::atomic<bool> stopping_{false};
  BoundedQueue<Call> calls_;
  std::thread thread_;
};

}  // namespace millrace::admin
