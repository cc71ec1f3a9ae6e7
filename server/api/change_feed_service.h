// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/call_thread.h"
#include "api/stream_parts.h"
#include "api/subscribe_request.h"
#include "config/server_options.h"
#include "feed/feed.h"
#include "feed/row_types.h"
#include "feed/subscriptions.h"
#include "millrace/v1/change_feed.grpc.pb.h"
#include "schema/registry.h"

namespace millrace::api {

// Subscribe exchanges raw bytes, all other methods messages.
using ChangeFeedBase =
    v1::ChangeFeed::WithRawCallbackMethod_Subscribe<v1::ChangeFeed::WithCallbackMethod_ListTables<
        v1::ChangeFeed::WithCallbackMethod_GetTable<v1::ChangeFeed::WithCallbackMethod_GetPosition<
            v1::ChangeFeed::WithCallbackMethod_CommitPosition<
                v1::ChangeFeed::WithCallbackMethod_ListSubscriptions<
                    v1::ChangeFeed::WithCallbackMethod_DeleteSubscription<
                        v1::ChangeFeed::Service>>>>>>>;

// Looks for tables at the source that match the patterns and that the log has not seen yet, and
// stores their definitions.
using LearnTables = std::function<absl::Status(const std::vector<std::string>& patterns)>;

// The ChangeFeed service. gRPC calls it on its own threads.
class ChangeFeedService final : public ChangeFeedBase {
 public:
  // All must outlive the service.
  struct Parts {
    StreamParts streams;
    feed::Subscriptions& subscriptions;
    const schema::Registry& registry;
    const ServerOptions& options;
    // See LearnTables. Blocks. Null: there is no source.
    LearnTables learn_tables = nullptr;
  };
  explicit ChangeFeedService(const Parts& parts) : parts_(parts) {}

  // Refuses calls that query the source, so that they do not delay the shutdown.
  void RequestStop() { source_calls_.RequestStop(); }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* ListTables(grpc::CallbackServerContext* context,
                                       const v1::ListTablesRequest* request,
                                       v1::ListTablesResponse* response) override;
  grpc::ServerUnaryReactor* GetTable(grpc::CallbackServerContext* context,
                                     const v1::GetTableRequest* request,
                                     v1::GetTableResponse* response) override;
  grpc::ServerUnaryReactor* GetPosition(grpc::CallbackServerContext* context,
                                        const v1::GetPositionRequest* request,
                                        v1::GetPositionResponse* response) override;
  grpc::ServerUnaryReactor* CommitPosition(grpc::CallbackServerContext* context,
                                           const v1::CommitPositionRequest* request,
                                           v1::CommitPositionResponse* response) override;
  grpc::ServerUnaryReactor* ListSubscriptions(grpc::CallbackServerContext* context,
                                              const v1::ListSubscriptionsRequest* request,
                                              v1::ListSubscriptionsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteSubscription(grpc::CallbackServerContext* context,
                                               const v1::DeleteSubscriptionRequest* request,
                                               v1::DeleteSubscriptionResponse* response) override;

 private:
  absl::StatusOr<SubscribePlan> Plan(const v1::SubscribeRequest& request,
                                     feed::ReadFrom source) const;
  absl::Status FillTables(const v1::ListTablesRequest& request,
                          v1::ListTablesResponse& response) const;
  absl::Status FillTable(const v1::GetTableRequest& request, v1::GetTableResponse& response) const;
  absl::Status FillPosition(const v1::GetPositionRequest& request, feed::ReadFrom source,
                            v1::GetPositionResponse& response) const;
  // Calls `work`, and again on a disk reader if it needs the disk. Then calls `end` with the
  // result.
  using Work = std::function<absl::Status(feed::ReadFrom source)>;
  using End = std::function<void(const absl::Status& status)>;
  void RunWork(Work work, End end);

  const Parts parts_;
  CallThread source_calls_{{.name = "source calls", .work = "the source"}};
};

}  // namespace millrace::api
