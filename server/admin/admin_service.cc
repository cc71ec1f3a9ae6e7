// SPDX-License-Identifier: Apache-2.0

#include "admin/admin_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "admin/reader_lag.h"
#include "api/error_map.h"
#include "base/error.h"
#include "base/version.h"
#include "feed/position.h"
#include "google/protobuf/util/time_util.h"
#include "model/token.h"

namespace millrace::admin {
namespace {

using google::protobuf::Duration;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

Timestamp ToTimestamp(Micros time) { return TimeUtil::MicrosecondsToTimestamp(time); }

Duration Since(const Clock& clock, Micros time) {
  return TimeUtil::MicrosecondsToDuration(std::max(Micros{0}, clock.WallMicros() - time));
}

v1::SourceStatus::State ToMessage(ingest::State state) {
  switch (state) {
    case ingest::State::kConnecting:
      return v1::SourceStatus::STATE_CONNECTING;
    case ingest::State::kStreaming:
      return v1::SourceStatus::STATE_STREAMING;
    case ingest::State::kFailed:
      return v1::SourceStatus::STATE_FAILED;
    case ingest::State::kStopping:
      return v1::SourceStatus::STATE_STOPPING;
  }
  return v1::SourceStatus::STATE_UNSPECIFIED;
}

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
                          .where = request.where(),
                          .key_from = request.key_from(),
                          .key_to = request.key_to(),
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

void FillLag(uint64_t passed, ReaderLags& lags, v1::SubscriptionStatus& status) {
  const ReaderLag lag = lags.Of(Sequence{passed});
  status.set_sequence(passed);
  status.set_lag_changes(lag.changes);
  if (lag.changes > 0 && lag.time.has_value()) {
    *status.mutable_lag() = TimeUtil::MicrosecondsToDuration(*lag.time);
  }
}

bool IsOver(const v1::Snapshot& snapshot) {
  return snapshot.state() == v1::Snapshot::STATE_DONE ||
         snapshot.state() == v1::Snapshot::STATE_CANCELED;
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
  response->set_version(std::string(kVersion));
  *response->mutable_start_time() = ToTimestamp(start_time_);
  response->set_log_id(LogIdText(parts_.feed.log().log_id()));
  FillSource(*response->mutable_source());
  FillLog(*response->mutable_log());
  FillTables(*response);
  FillSubscriptions(*response);
  FillSnapshots(*response);
  FillMirror(*response);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::StartSnapshot(grpc::CallbackServerContext* context,
                                                      const v1::StartSnapshotRequest* request,
                                                      v1::StartSnapshotResponse* response) {
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

void AdminService::FillSource(v1::SourceStatus& source) {
  const ingest::IngestStatus status = parts_.ingest.status();
  source.set_address(status.address);
  source.set_flavour(std::string(FlavourName(status.flavour)));
  source.set_server_version(status.server_version);
  source.set_state(ToMessage(status.state));
  source.set_error(status.error);
  source.set_error_reason(status.error_reason);
  for (const std::string& warning : status.warnings) source.add_warnings(warning);
  source.set_file(status.position.file);
  source.set_position(status.position.offset);
  source.set_gtid_set(status.position.gtids.ToString());
  if (status.commit_time > 0) *source.mutable_commit_time() = ToTimestamp(status.commit_time);
  if (status.source_time > 0) *source.mutable_lag() = Since(parts_.clock, status.source_time);
  source.set_changes_per_second(changes_.PerSecond(status.changes));
  source.set_bytes_per_second(bytes_.PerSecond(status.bytes));
  source.set_connects(status.connects);
}

void AdminService::FillLog(v1::LogStatus& log) const {
  const log::Range range = parts_.feed.range();
  log.set_oldest_sequence(range.oldest.value);
  log.set_newest_sequence(range.newest.value);
  log.set_oldest_token(TokenText(parts_.feed, Sequence{range.oldest.value - 1}));
  log.set_newest_token(TokenText(parts_.feed, range.newest));
  log.set_disk_bytes(parts_.feed.log().DiskBytes());
  if (range.oldest > range.newest) return;
  const auto frames = parts_.feed.Read(range.oldest, 1);
  if (!frames.ok() || frames->empty()) return;
  const log::Frame& frame = *frames->front();
  const Micros oldest = std::min(frame.segments().front().commit_time, frame.commit_time_max());
  if (oldest > 0) *log.mutable_oldest_commit_time() = ToTimestamp(oldest);
}

void AdminService::FillTables(v1::GetStatusResponse& response) const {
  for (const auto& [name, counters] : parts_.ingest.table_counters().List()) {
    v1::TableStatus& table = *response.add_tables();
    table.set_database(name.database);
    table.set_table(name.table);
    table.set_inserts(counters->inserts.load(std::memory_order_relaxed));
    table.set_updates(counters->updates.load(std::memory_order_relaxed));
    table.set_deletes(counters->deletes.load(std::memory_order_relaxed));
    table.set_reads(counters->reads.load(std::memory_order_relaxed));
  }
}

void AdminService::FillSubscriptions(v1::GetStatusResponse& response) const {
  ReaderLags lags(parts_.feed, parts_.clock);
  for (const auto& stream : parts_.streams.List()) {
    v1::SubscriptionStatus& status = *response.add_subscriptions();
    status.set_subscription(stream->subscription);
    status.set_peer(stream->peer);
    FillLag(stream->passed.load(std::memory_order_relaxed), lags, status);
  }
  for (const feed::Subscription& subscription : parts_.subscriptions.List()) {
    v1::SubscriptionStatus& status = *response.add_subscriptions();
    status.set_subscription(subscription.name);
    FillLag(subscription.token.sequence.value, lags, status);
  }
}

void AdminService::FillSnapshots(v1::GetStatusResponse& response) const {
  const absl::Status planning = parts_.snapshots.planning();
  response.set_snapshots_error(std::string(planning.message()));
  response.set_snapshots_error_reason(ErrorReason(planning));
  for (v1::Snapshot& snapshot : parts_.snapshots.List()) {
    if (!IsOver(snapshot)) *response.add_snapshots() = std::move(snapshot);
  }
}

}  // namespace millrace::admin
