// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server.h"
#include "millrace/v1/admin.grpc.pb.h"
#include "millrace/v1/change_feed.grpc.pb.h"
#include "millrace/v1/error.pb.h"

namespace millrace::client {

// The course of one stream: its responses and how it ends.
struct Script {
  std::vector<v1::SubscribeResponse> responses;
  grpc::Status end;
  v1::ErrorDetail detail;
  // Keep the stream open after the responses until the client cancels.
  bool hangs = false;
};

Script Responses(std::vector<v1::SubscribeResponse> responses);
// Ends like a lost connection.
Script TransientFailure(std::vector<v1::SubscribeResponse> responses = {});
// Ends with an error that has a detail.
Script FailureWithReason(grpc::StatusCode code, const std::string& reason,
                         const std::map<std::string, std::string>& metadata = {});
Script Hang(std::vector<v1::SubscribeResponse> responses);

// A server on a free local port with scripted responses.
class FakeFeed : public v1::ChangeFeed::Service {
 public:
  FakeFeed();
  ~FakeFeed() override;
  std::string address() const;

  // Adds the script of the next stream. A stream without a script fails with SCRIPT_OVER.
  void Add(Script script);
  void SetTable(const v1::Table& table);
  // Makes GetTable return `table` for its first to last sequence.
  void AddPastTable(const v1::Table& table);
  // Tokens that GetPosition returns, in order; the last one repeats.
  void SetPositions(std::vector<std::string> tokens);
  // Makes the next `count` calls of GetPosition fail like a lost connection.
  void FailPositions(int count);
  // Makes GetPosition fail with this reason.
  void RefusePositions(const std::string& reason);
  void SetStatus(const v1::GetStatusResponse& status);
  // Responses of ListSnapshots, in order; the last one repeats. Pause, Resume and Cancel return the
  // snapshot of the given name in the current response, StartSnapshot its first snapshot.
  void SetSnapshots(std::vector<v1::ListSnapshotsResponse> snapshots);

  std::vector<v1::SubscribeRequest> requests() const;
  std::vector<v1::GetPositionRequest> position_requests() const;
  int table_fetches() const;
  // The calls of Pause, Resume and Cancel, as `pause NAME`.
  std::vector<std::string> snapshot_calls() const;
  std::vector<v1::StartSnapshotRequest> snapshot_requests() const;
  std::map<std::string, std::string> subscriptions() const;

  grpc::Status Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                         grpc::ServerWriter<v1::SubscribeResponse>* writer) override;
  grpc::Status ListTables(grpc::ServerContext* context, const v1::ListTablesRequest* request,
                          v1::ListTablesResponse* response) override;
  grpc::Status GetTable(grpc::ServerContext* context, const v1::GetTableRequest* request,
                        v1::GetTableResponse* response) override;
  grpc::Status GetPosition(grpc::ServerContext* context, const v1::GetPositionRequest* request,
                           v1::GetPositionResponse* response) override;
  grpc::Status CommitPosition(grpc::ServerContext* context,
                              const v1::CommitPositionRequest* request,
                              v1::CommitPositionResponse* response) override;
  grpc::Status ListSubscriptions(grpc::ServerContext* context,
                                 const v1::ListSubscriptionsRequest* request,
                                 v1::ListSubscriptionsResponse* response) override;
  grpc::Status DeleteSubscription(grpc::ServerContext* context,
                                  const v1::DeleteSubscriptionRequest* request,
                                  v1::DeleteSubscriptionResponse* response) override;

 private:
  class FakeAdmin : public v1::Admin::Service {
   public:
    grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                           v1::GetStatusResponse* response) override;
    grpc::Status StartSnapshot(grpc::ServerContext* context,
                               const v1::StartSnapshotRequest* request,
                               v1::StartSnapshotResponse* response) override;
    grpc::Status PauseSnapshot(grpc::ServerContext* context,
                               const v1::PauseSnapshotRequest* request,
                               v1::PauseSnapshotResponse* response) override;
    grpc::Status ResumeSnapshot(grpc::ServerContext* context,
                                const v1::ResumeSnapshotRequest* request,
                                v1::ResumeSnapshotResponse* response) override;
    grpc::Status CancelSnapshot(grpc::ServerContext* context,
                                const v1::CancelSnapshotRequest* request,
                                v1::CancelSnapshotResponse* response) override;
    grpc::Status ListSnapshots(grpc::ServerContext* context,
                               const v1::ListSnapshotsRequest* request,
                               v1::ListSnapshotsResponse* response) override;
    mutable absl::Mutex mutex;
    v1::GetStatusResponse status ABSL_GUARDED_BY(mutex);
    std::deque<v1::ListSnapshotsResponse> snapshots ABSL_GUARDED_BY(mutex) = {{}};
    std::vector<std::string> calls ABSL_GUARDED_BY(mutex);
    std::vector<v1::StartSnapshotRequest> starts ABSL_GUARDED_BY(mutex);

   private:
    grpc::Status Change(grpc::ServerContext& context, const std::string& verb,
                        const std::string& name, v1::Snapshot& snapshot);
  };

  mutable absl::Mutex mutex_;
  std::deque<Script> scripts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, v1::Table> tables_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Table> past_tables_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> positions_ ABSL_GUARDED_BY(mutex_) = {"latest"};
  std::string positions_refusal_ ABSL_GUARDED_BY(mutex_);
  int positions_to_fail_ ABSL_GUARDED_BY(mutex_) = 0;
  int table_fetches_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::string> subscriptions_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SubscribeRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::GetPositionRequest> position_requests_ ABSL_GUARDED_BY(mutex_);
  FakeAdmin admin_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace millrace::client
