// SPDX-License-Identifier: Apache-2.0

#include "admin/admin_service.h"

#include <string>
#include <utility>

#include "admin/status_message.h"
#include "admin/status_reading.h"
#include "api/call_watch.h"
#include "api/error_map.h"
#include "base/error.h"
#include "base/version.h"
#include "feed/position.h"
#include "google/protobuf/util/time_util.h"
#include "model/token.h"

namespace millrace::admin {
namespace {

using google::protobuf::util::TimeUtil;

// Empty if the place cannot be told, which the log's own errors explain.
std::string TokenText(const feed::Feed& feed, Sequence after) {
  const auto token = feed::TokenAfter(feed, after);
  return token.ok() ? token->ToString() : std::string();
}

absl::StatusOr<v1::Snapshot> Begin(snapshot::Snapshots& snapshots,
                                   const v1::StartSnapshotRequest& request) {
  if (request.tables().empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_INVALID",
                     "tables is empty: name what to read, \"*.*\" for all captured tables",
                     {{"field", "tables"}});
  }
  return snapshots.Begin({.tables = {request.tables().begin(), request.tables().end()},
                          .rows = {.where = request.where(),
                                   .key_from = request.key_from(),
                                   .key_to = request.key_to()},
                          .cause = "request"});
}

// Ends a call whose answer is a snapshot.
template <typename Response>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                 absl::StatusOr<v1::Snapshot> snapshot, Response& response) {
  const absl::Status status = snapshot.status();
  if (status.ok()) *response.mutable_snapshot() = *std::move(snapshot);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(api::ToGrpc(status, *context));
  return reactor;
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
  const StatusReading reading = ReadStatus(parts_);
  *response = StatusMessage(reading);
  response->set_version(std::string(kVersion));
  *response->mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(start_time_);
  response->set_log_id(LogIdText(parts_.feed.log().log_id()));
  v1::SourceStatus& source = *response->mutable_source();
  source.set_changes_per_second(changes_.PerSecond(reading.ingest.changes));
  source.set_bytes_per_second(bytes_.PerSecond(reading.ingest.bytes));
  const log::Range& range = reading.log.range;
  v1::LogStatus& log = *response->mutable_log();
  log.set_oldest_token(TokenText(parts_.feed, Sequence{range.oldest.value - 1}));
  log.set_newest_token(TokenText(parts_.feed, range.newest));
  const absl::Status planning = parts_.snapshots.planning();
  response->set_snapshots_error(std::string(planning.message()));
  response->set_snapshots_error_reason(ErrorReason(planning));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::StartSnapshot(grpc::CallbackServerContext* context,
                                                      const v1::StartSnapshotRequest* request,
                                                      v1::StartSnapshotResponse* response) {
  api::NoteMessage(*context, request->ByteSizeLong(), parts_.connections);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  starts_.Post({context, request, response, reactor});
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::PauseSnapshot(grpc::CallbackServerContext* context,
                                                      const v1::PauseSnapshotRequest* request,
                                                      v1::PauseSnapshotResponse* response) {
  return Answer(context, parts_.snapshots.Pause(request->snapshot()), *response);
}

grpc::ServerUnaryReactor* AdminService::ResumeSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::ResumeSnapshotRequest* request,
                                                       v1::ResumeSnapshotResponse* response) {
  return Answer(context, parts_.snapshots.Resume(request->snapshot()), *response);
}

grpc::ServerUnaryReactor* AdminService::CancelSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::CancelSnapshotRequest* request,
                                                       v1::CancelSnapshotResponse* response) {
  return Answer(context, parts_.snapshots.Cancel(request->snapshot()), *response);
}

grpc::ServerUnaryReactor* AdminService::ListSnapshots(grpc::CallbackServerContext* context,
                                                      const v1::ListSnapshotsRequest* request,
                                                      v1::ListSnapshotsResponse* response) {
  for (v1::Snapshot& snapshot : parts_.snapshots.List()) {
    *response->add_snapshots() = std::move(snapshot);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace millrace::admin
