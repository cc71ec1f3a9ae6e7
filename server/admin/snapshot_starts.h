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

// Runs StartSnapshot calls one after another on a separate thread, because starting a snapshot
// queries the source. Thread-safe.
class SnapshotStarts {
 public:
  // Starts a snapshot. May block.
  using Begin = std::function<absl::StatusOr<v1::Snapshot>(const v1::StartSnapshotRequest&)>;
  // One gRPC call. Its objects live until the reactor is finished.
  struct Call {
    grpc::CallbackServerContext* context;
    const v1::StartSnapshotRequest* request;
    v1::StartSnapshotResponse* response;
    grpc::ServerUnaryReactor* reactor;
  };

  explicit SnapshotStarts(Begin begin);

  // Finishes the call's reactor, now or later. UNAVAILABLE NOT_READY: too many calls wait;
  // STOPPING.
  void Post(const Call& call);
  // Refuses waiting and later calls with STOPPING. A snapshot being started still starts.
  void Stop() { calls_.RequestStop(); }

 private:
  void Run(const Call& call, const absl::Status& refusal) const;

  const Begin begin_;
  // Destroyed before begin_, which its thread uses.
  api::CallThread calls_{{.name = "snapshot starts", .work = "the source"}};
};

}  // namespace millrace::admin
