// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/call_thread.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "millrace/v1/admin.pb.h"

namespace millrace::admin {

// Runs calls of StartSnapshot one after another on a thread of its own, because beginning a
// snapshot queries the source. Thread-safe.
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

  // Finishes the call's reactor, now or later. UNAVAILABLE NOT_READY: too many calls are queued;
  // STOPPING.
  void Post(const Call& call);
  // Refuses queued and later calls with STOPPING. A snapshot that is being begun is begun.
  void Stop() { calls_.RequestStop(); }

 private:
  void Run(const Call& call, const absl::Status& refusal) const;

  const Begin begin_;
  // Stops before begin_ goes.
  api::CallThread calls_{{.name = "snapshot starts", .work = "the source"}};
};

}  // namespace millrace::admin
