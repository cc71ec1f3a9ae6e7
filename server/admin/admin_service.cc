// SPDX-License-Identifier: Apache-2.0

#include "admin/admin_service.h"

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "admin/snapshot_message.h"
#include "admin/status_message.h"
#include "admin/status_reading.h"
#include "api/error_map.h"
#include "base/error.h"
#include "base/reason.h"
#include "base/version.h"
#include "feed/position.h"
#include "google/protobuf/util/time_util.h"
#include "model/token.h"

namespace millrace::admin {
namespace {

using google::protobuf::util::TimeUtil;

absl::StatusOr<v1::Snapshot> Begin(snapshot::Snapshots& snapshots,
                                   const v1::StartSnapshotRequest& request) {
  if (request.tables().empty()) {
    return MakeError(reason::kRequestInvalid,
                     "tables is empty: name the tables to read, or `*.*` for all captured tables",
                     {{"field", "tables"}});
  }
  MILLRACE_ASSIGN_OR_RETURN(
      const snapshot::JobStatus job,
      snapshots.Begin({.tables = {request.tables().begin(), request.tables().end()},
                       .rows = {.where = request.where(),
                                .key_from = request.key_from(),
                                .key_to = request.key_to()},
                       .cause = "request"}));
  return SnapshotMessage(job);
}

}  // namespace

AdminService::AdminService(const Parts& parts)
    : parts_(parts),
      start_time_(parts.clock.WallMicros()),
      changes_(parts.clock),
      bytes_(parts.clock),
      starts_([&snapshots = parts.snapshots](const v1::StartSnapshotRequest& request) {
        return Begin(snapshots, request);
      }) {}

grpc::ServerUnaryReactor* AdminService::GetStatus(grpc::CallbackServerContext* context,
                                                  const v1::GetStatusRequest* request,
                                                  v1::GetStatusResponse* response) {
  const absl::Time deadline = absl::Now() + kStatusDiskTimeMax;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  status_calls_.Post([this, context, response, reactor, deadline](const absl::Status& refusal) {
    if (refusal.ok()) FillStatus(deadline, *response);
    reactor->Finish(api::ToGrpc(refusal, *context));
  });
  return reactor;
}

void AdminService::FillStatus(absl::Time deadline, v1::GetStatusResponse& response) {
  const StatusReading reading = ReadStatus(parts_, deadline);
  response = StatusMessage(reading);
  response.set_version(std::string(kVersion));
  *response.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(start_time_);
  response.set_log_id(LogIdText(parts_.feed.log().log_id()));
  v1::SourceStatus& source = *response.mutable_source();
  source.set_changes_per_second(changes_.PerSecond(reading.ingest.changes));
  source.set_bytes_per_second(bytes_.PerSecond(reading.ingest.bytes));
  v1::LogStatus& log = *response.mutable_log();
  log.set_oldest_token(parts_.commit_times.OldestToken(deadline));
  log.set_newest_token(feed::NewestToken(parts_.feed).ToString());
  const absl::Status planning_status = parts_.snapshots.planning_status();
  response.set_snapshots_error(std::string(planning_status.message()));
  response.set_snapshots_error_reason(ErrorReason(planning_status));
}

void AdminService::Stop() {
  starts_.Stop();
  status_calls_.RequestStop();
  snapshot_changes_.RequestStop();
}

grpc::ServerUnaryReactor* AdminService::StartSnapshot(grpc::CallbackServerContext* context,
                                                      const v1::StartSnapshotRequest* request,
                                                      v1::StartSnapshotResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  starts_.Post({context, request, response, reactor});
  return reactor;
}

// Runs on a separate thread, because the new state must be on disk first.
template <typename Response>
grpc::ServerUnaryReactor* AdminService::ChangeSnapshot(grpc::CallbackServerContext* context,
                                                       Change change, const std::string& name,
                                                       Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto call = [this, context, change, name, response, reactor](const absl::Status& refusal) {
    absl::Status status = refusal;
    if (status.ok()) {
      const absl::StatusOr<snapshot::JobStatus> changed = (parts_.snapshots.*change)(name);
      status = changed.status();
      if (status.ok()) *response->mutable_snapshot() = SnapshotMessage(*changed);
    }
    reactor->Finish(api::ToGrpc(status, *context));
  };
  snapshot_changes_.Post(call);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::PauseSnapshot(grpc::CallbackServerContext* context,
                                                      const v1::PauseSnapshotRequest* request,
                                                      v1::PauseSnapshotResponse* response) {
  return ChangeSnapshot(context, &snapshot::Snapshots::Pause, request->snapshot(), response);
}

grpc::ServerUnaryReactor* AdminService::ResumeSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::ResumeSnapshotRequest* request,
                                                       v1::ResumeSnapshotResponse* response) {
  return ChangeSnapshot(context, &snapshot::Snapshots::Resume, request->snapshot(), response);
}

grpc::ServerUnaryReactor* AdminService::CancelSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::CancelSnapshotRequest* request,
                                                       v1::CancelSnapshotResponse* response) {
  return ChangeSnapshot(context, &snapshot::Snapshots::Cancel, request->snapshot(), response);
}

grpc::ServerUnaryReactor* AdminService::ListSnapshots(grpc::CallbackServerContext* context,
                                                      const v1::ListSnapshotsRequest* request,
                                                      v1::ListSnapshotsResponse* response) {
  for (const snapshot::JobStatus& status : parts_.snapshots.List()) {
    *response->add_snapshots() = SnapshotMessage(status);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace millrace::admin
