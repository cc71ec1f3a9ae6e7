// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/admin_parts.h"
#include "admin/snapshot_starts.h"
#include "api/call_thread.h"
#include "base/clock.h"
#include "metrics/rate_meter.h"
#include "millrace/v1/admin.grpc.pb.h"

namespace millrace::admin {

// The Admin service. gRPC calls it on its own threads.
class AdminService final : public v1::Admin::CallbackService {
 public:
  using Parts = AdminParts;
  explicit AdminService(const Parts& parts);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* StartSnapshot(grpc::CallbackServerContext* context,
                                          const v1::StartSnapshotRequest* request,
                                          v1::StartSnapshotResponse* response) override;
  grpc::ServerUnaryReactor* PauseSnapshot(grpc::CallbackServerContext* context,
                                          const v1::PauseSnapshotRequest* request,
                                          v1::PauseSnapshotResponse* response) override;
  grpc::ServerUnaryReactor* ResumeSnapshot(grpc::CallbackServerContext* context,
                                           const v1::ResumeSnapshotRequest* request,
                                           v1::ResumeSnapshotResponse* response) override;
  grpc::ServerUnaryReactor* CancelSnapshot(grpc::CallbackServerContext* context,
                                           const v1::CancelSnapshotRequest* request,
                                           v1::CancelSnapshotResponse* response) override;
  grpc::ServerUnaryReactor* ListSnapshots(grpc::CallbackServerContext* context,
                                          const v1::ListSnapshotsRequest* request,
                                          v1::ListSnapshotsResponse* response) override;
  grpc::ServerUnaryReactor* PauseMirror(grpc::CallbackServerContext* context,
                                        const v1::PauseMirrorRequest* request,
                                        v1::PauseMirrorResponse* response) override;
  grpc::ServerUnaryReactor* ResumeMirror(grpc::CallbackServerContext* context,
                                         const v1::ResumeMirrorRequest* request,
                                         v1::ResumeMirrorResponse* response) override;
  grpc::ServerUnaryReactor* RewindMirror(grpc::CallbackServerContext* context,
                                         const v1::RewindMirrorRequest* request,
                                         v1::RewindMirrorResponse* response) override;

  // Refuses waiting calls with STOPPING, so that they do not delay the server's stop. Call it
  // before stopping the server.
  void Stop();

 private:
  using Change =
      absl::StatusOr<snapshot::JobStatus> (snapshot::Snapshots::*)(std::string_view name);

  void FillStatus(absl::Time deadline, v1::GetStatusResponse& response);
  template <typename Response>
  grpc::ServerUnaryReactor* ChangeSnapshot(grpc::CallbackServerContext* context, Change change,
                                           const std::string& name, Response* response);

  const Parts parts_;
  const Micros start_time_;
  RateMeter changes_;
  RateMeter bytes_;
  SnapshotStarts starts_;
  // Threads for calls that may wait for the disk: briefly for the status, any time for a change.
  api::CallThread status_calls_{{.name = "status", .work = "the status", .calls_max = 1000}};
  api::CallThread snapshot_changes_{{.name = "snapshot state", .work = "the disk"}};
};

}  // namespace millrace::admin
