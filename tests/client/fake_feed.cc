// SPDX-License-Identifier: Apache-2.0

#include "client/fake_feed.h"

#include <fnmatch.h>

#include <chrono>
#include <thread>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace millrace::client {
namespace {

grpc::Status ErrorWithDetail(grpc::ServerContext* context, grpc::StatusCode code,
                             const v1::ErrorDetail& detail) {
  context->AddTrailingMetadata("millrace-error-bin", detail.SerializeAsString());
  return {code, "refused by the script"};
}

grpc::Status ErrorWithDetail(grpc::ServerContext* context, grpc::StatusCode code,
                             const std::string& reason) {
  v1::ErrorDetail detail;
  detail.set_reason(reason);
  return ErrorWithDetail(context, code, detail);
}

// Matches patterns like the server, for names without special characters.
bool Matches(const google::protobuf::RepeatedPtrField<std::string>& patterns,
             const std::string& name) {
  bool includes = false;
  bool included = false;
  for (const std::string& pattern : patterns) {
    const bool excludes = pattern.starts_with('!');
    const bool fits = ::fnmatch(pattern.c_str() + (excludes ? 1 : 0), name.c_str(), 0) == 0;
    if (excludes && fits) return false;
    if (excludes) continue;
    includes = true;
    included = included || fits;
  }
  return included || !includes;
}

}  // namespace

Script Responses(std::vector<v1::SubscribeResponse> responses) {
  return {std::move(responses), grpc::Status::OK, {}};
}

Script TransientFailure(std::vector<v1::SubscribeResponse> responses) {
  return {std::move(responses), {grpc::StatusCode::UNAVAILABLE, "connection reset"}, {}};
}

Script FailureWithReason(grpc::StatusCode code, const std::string& reason,
                         const std::map<std::string, std::string>& metadata) {
  Script script;
  script.end = {code, "refused by the script"};
  script.detail.set_reason(reason);
  for (const auto& [name, value] : metadata) (*script.detail.mutable_metadata())[name] = value;
  return script;
}

Script Hang(std::vector<v1::SubscribeResponse> responses) {
  Script script = Responses(std::move(responses));
  script.hangs = true;
  return script;
}

FakeFeed::FakeFeed() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(this);
  builder.RegisterService(&admin_);
  server_ = builder.BuildAndStart();
}

FakeFeed::~FakeFeed() { server_->Shutdown(std::chrono::system_clock::now()); }

std::string FakeFeed::address() const { return "127.0.0.1:" + std::to_string(port_); }

void FakeFeed::Add(Script script) {
  absl::MutexLock lock(&mutex_);
  scripts_.push_back(std::move(script));
}

void FakeFeed::SetTable(const v1::Table& table) {
  absl::MutexLock lock(&mutex_);
  tables_[{table.database(), table.table()}] = table;
}

void FakeFeed::AddPastTable(const v1::Table& table) {
  absl::MutexLock lock(&mutex_);
  past_tables_.push_back(table);
}

void FakeFeed::SetPositions(std::vector<std::string> tokens) {
  absl::MutexLock lock(&mutex_);
  positions_.assign(tokens.begin(), tokens.end());
}

void FakeFeed::FailPositions(int count) {
  absl::MutexLock lock(&mutex_);
  positions_to_fail_ = count;
}

void FakeFeed::RefusePositions(const std::string& reason) {
  absl::MutexLock lock(&mutex_);
  positions_refusal_ = reason;
}

void FakeFeed::SetStatus(const v1::GetStatusResponse& status) {
  absl::MutexLock lock(&admin_.mutex);
  admin_.status = status;
}

void FakeFeed::SetSnapshots(std::vector<v1::ListSnapshotsResponse> snapshots) {
  absl::MutexLock lock(&admin_.mutex);
  admin_.snapshots.assign(snapshots.begin(), snapshots.end());
}

std::vector<std::string> FakeFeed::snapshot_calls() const {
  absl::MutexLock lock(&admin_.mutex);
  return admin_.calls;
}

std::vector<v1::StartSnapshotRequest> FakeFeed::snapshot_requests() const {
  absl::MutexLock lock(&admin_.mutex);
  return admin_.starts;
}

std::vector<v1::SubscribeRequest> FakeFeed::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

std::vector<v1::GetPositionRequest> FakeFeed::position_requests() const {
  absl::MutexLock lock(&mutex_);
  return position_requests_;
}

int FakeFeed::table_fetches() const {
  absl::MutexLock lock(&mutex_);
  return table_fetches_;
}

std::map<std::string, std::string> FakeFeed::subscriptions() const {
  absl::MutexLock lock(&mutex_);
  return subscriptions_;
}

grpc::Status FakeFeed::Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                                 grpc::ServerWriter<v1::SubscribeResponse>* writer) {
  Script script;
  {
    absl::MutexLock lock(&mutex_);
    requests_.push_back(*request);
    if (scripts_.empty()) {
      return ErrorWithDetail(context, grpc::StatusCode::INVALID_ARGUMENT, "SCRIPT_OVER");
    }
    script = std::move(scripts_.front());
    scripts_.pop_front();
  }
  for (const v1::SubscribeResponse& response : script.responses) writer->Write(response);
  while (script.hangs && !context->IsCancelled()) {
    std::this_thread::yield();
  }
  if (script.detail.reason().empty()) return script.end;
  return ErrorWithDetail(context, script.end.error_code(), script.detail);
}

grpc::Status FakeFeed::ListTables(grpc::ServerContext* context,
                                  const v1::ListTablesRequest* request,
                                  v1::ListTablesResponse* response) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    if (!Matches(request->tables(), name.first + "." + name.second)) continue;
    v1::Table& listed = *response->add_tables();
    listed = table;
    listed.clear_columns();
    listed.clear_descriptors();
    listed.clear_proto_text();
  }
  return grpc::Status::OK;
}

grpc::Status FakeFeed::GetTable(grpc::ServerContext* context, const v1::GetTableRequest* request,
                                v1::GetTableResponse* response) {
  absl::MutexLock lock(&mutex_);
  ++table_fetches_;
  const auto found = tables_.find({request->database(), request->table()});
  if (found == tables_.end()) {
    return ErrorWithDetail(context, grpc::StatusCode::NOT_FOUND, "TABLE_NOT_FOUND");
  }
  *response->mutable_table() = found->second;
  for (const v1::Table& past : past_tables_) {
    const bool matches = past.row_message() == found->second.row_message() &&
                         request->sequence() != 0 && past.first_sequence() <= request->sequence() &&
                         request->sequence() <= past.last_sequence();
    if (matches) *response->mutable_table() = past;
  }
  return grpc::Status::OK;
}

grpc::Status FakeFeed::GetPosition(grpc::ServerContext* context,
                                   const v1::GetPositionRequest* request,
                                   v1::GetPositionResponse* response) {
  absl::MutexLock lock(&mutex_);
  position_requests_.push_back(*request);
  if (positions_to_fail_ > 0) {
    --positions_to_fail_;
    return {grpc::StatusCode::UNAVAILABLE, "connection reset"};
  }
  if (!positions_refusal_.empty()) {
    return ErrorWithDetail(context, grpc::StatusCode::INVALID_ARGUMENT, positions_refusal_);
  }
  if (request->has_resume_token()) {
    response->set_resume_token(request->resume_token());
    return grpc::Status::OK;
  }
  response->set_resume_token(positions_.front());
  response->set_sequence(1234567);
  response->set_gtid_set("0-1-42");
  if (positions_.size() > 1) positions_.pop_front();
  return grpc::Status::OK;
}

grpc::Status FakeFeed::CommitPosition(grpc::ServerContext* context,
                                      const v1::CommitPositionRequest* request,
                                      v1::CommitPositionResponse* response) {
  absl::MutexLock lock(&mutex_);
  subscriptions_[request->subscription()] = request->resume_token();
  response->mutable_subscription()->set_sequence(7);
  return grpc::Status::OK;
}

grpc::Status FakeFeed::ListSubscriptions(grpc::ServerContext* context,
                                         const v1::ListSubscriptionsRequest* request,
                                         v1::ListSubscriptionsResponse* response) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, token] : subscriptions_) {
    v1::Subscription& subscription = *response->add_subscriptions();
    subscription.set_subscription(name);
    subscription.set_resume_token(token);
  }
  return grpc::Status::OK;
}

grpc::Status FakeFeed::DeleteSubscription(grpc::ServerContext* context,
                                          const v1::DeleteSubscriptionRequest* request,
                                          v1::DeleteSubscriptionResponse* response) {
  absl::MutexLock lock(&mutex_);
  if (subscriptions_.erase(request->subscription()) == 0) {
    return ErrorWithDetail(context, grpc::StatusCode::NOT_FOUND, "SUBSCRIPTION_NOT_FOUND");
  }
  return grpc::Status::OK;
}

grpc::Status FakeFeed::FakeAdmin::GetStatus(grpc::ServerContext* context,
                                            const v1::GetStatusRequest* request,
                                            v1::GetStatusResponse* response) {
  absl::MutexLock lock(&mutex);
  *response = status;
  return grpc::Status::OK;
}

grpc::Status FakeFeed::FakeAdmin::Change(grpc::ServerContext& context, const std::string& verb,
                                         const std::string& name, v1::Snapshot& snapshot) {
  absl::MutexLock lock(&mutex);
  calls.push_back(verb + " " + name);
  for (const v1::Snapshot& known : snapshots.front().snapshots()) {
    if (known.snapshot() != name) continue;
    snapshot = known;
    return grpc::Status::OK;
  }
  return ErrorWithDetail(&context, grpc::StatusCode::NOT_FOUND, "SNAPSHOT_NOT_FOUND");
}

grpc::Status FakeFeed::FakeAdmin::StartSnapshot(grpc::ServerContext* context,
                                                const v1::StartSnapshotRequest* request,
                                                v1::StartSnapshotResponse* response) {
  absl::MutexLock lock(&mutex);
  starts.push_back(*request);
  if (snapshots.front().snapshots().empty()) {
    return ErrorWithDetail(context, grpc::StatusCode::INVALID_ARGUMENT, "TABLE_UNKNOWN");
  }
  *response->mutable_snapshot() = snapshots.front().snapshots(0);
  return grpc::Status::OK;
}

grpc::Status FakeFeed::FakeAdmin::PauseSnapshot(grpc::ServerContext* context,
                                                const v1::PauseSnapshotRequest* request,
                                                v1::PauseSnapshotResponse* response) {
  return Change(*context, "pause", request->snapshot(), *response->mutable_snapshot());
}

grpc::Status FakeFeed::FakeAdmin::ResumeSnapshot(grpc::ServerContext* context,
                                                 const v1::ResumeSnapshotRequest* request,
                                                 v1::ResumeSnapshotResponse* response) {
  return Change(*context, "resume", request->snapshot(), *response->mutable_snapshot());
}

grpc::Status FakeFeed::FakeAdmin::CancelSnapshot(grpc::ServerContext* context,
                                                 const v1::CancelSnapshotRequest* request,
                                                 v1::CancelSnapshotResponse* response) {
  return Change(*context, "cancel", request->snapshot(), *response->mutable_snapshot());
}

grpc::Status FakeFeed::FakeAdmin::ListSnapshots(grpc::ServerContext* context,
                                                const v1::ListSnapshotsRequest* request,
                                                v1::ListSnapshotsResponse* response) {
  absl::MutexLock lock(&mutex);
  *response = snapshots.front();
  if (snapshots.size() > 1) snapshots.pop_front();
  return grpc::Status::OK;
}

}  // namespace millrace::client
