// SPDX-License-Identifier: Apache-2.0

#include "api/change_feed_service.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "api/disk_calls.h"
#include "api/error_map.h"
#include "api/subscribe_stream.h"
#include "api/table_messages.h"
#include "base/error.h"
#include "base/reason.h"
#include "feed/position.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "model/gtid_set.h"

namespace millrace::api {
namespace {

using google::protobuf::util::TimeUtil;

// Greater than the sequence of any change.
constexpr uint64_t kAfterAllChanges = std::numeric_limits<uint64_t>::max();

// Finishes a unary call.
grpc::ServerUnaryReactor* FinishCall(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status, *context));
  return reactor;
}

v1::Subscription ToMessage(const feed::Subscription& subscription) {
  v1::Subscription message;
  message.set_subscription(subscription.name);
  message.set_resume_token(subscription.token.ToString());
  message.set_sequence(subscription.token.sequence.value);
  *message.mutable_update_time() = TimeUtil::MicrosecondsToTimestamp(subscription.update_time);
  return message;
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* ChangeFeedService::Subscribe(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  v1::SubscribeRequest parsed;
  grpc::ByteBuffer copy(*request);
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok() || !parsed.ParseFromZeroCopyStream(&reader)) {
    const absl::Status malformed =
        MakeError(reason::kRequestInvalid, "the request is not a SubscribeRequest");
    return SubscribeStream::Refuse(malformed, *context);
  }
  StreamReader stream_reader{
      .peer = {}, .subscription = parsed.subscription(), .client_name = parsed.client_name()};
  return SubscribeStream::Start(
      parts_.streams, *context, std::move(stream_reader),
      [this, parsed = std::move(parsed)](feed::ReadFrom source) { return Plan(parsed, source); });
}

absl::StatusOr<SubscribePlan> ChangeFeedService::Plan(const v1::SubscribeRequest& request,
                                                      feed::ReadFrom source) const {
  return PlanSubscribe(request, {.feed = parts_.streams.feed,
                                 .subscriptions = parts_.subscriptions,
                                 .registry = parts_.registry,
                                 .options = parts_.options,
                                 .coverage = parts_.streams.snapshots.coverage,
                                 .source = source});
}

grpc::ServerUnaryReactor* ChangeFeedService::ListTables(grpc::CallbackServerContext* context,
                                                        const v1::ListTablesRequest* request,
                                                        v1::ListTablesResponse* response) {
  if (!request->ask_source() || parts_.learn_tables == nullptr) {
    return FinishCall(context, FillTables(*request, *response));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  source_calls_.Post([this, context, request, response, reactor](const absl::Status& refusal) {
    const std::vector<std::string> patterns(request->tables().begin(), request->tables().end());
    absl::Status status = refusal.ok() ? parts_.learn_tables(patterns) : refusal;
    if (status.ok()) status = FillTables(*request, *response);
    if (absl::IsCancelled(status)) status = StoppingError();
    reactor->Finish(ToGrpc(status, *context));
  });
  return reactor;
}

absl::Status ChangeFeedService::FillTables(const v1::ListTablesRequest& request,
                                           v1::ListTablesResponse& response) const {
  const std::vector<std::string> texts(request.tables().begin(), request.tables().end());
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns patterns, TablePatterns::Parse(texts));
  for (const schema::TableVersionPtr& table : parts_.registry.List()) {
    if (!patterns.Matches(table->name.database, table->name.table)) continue;
    *response.add_tables() = TableSummary(*table);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ChangeFeedService::GetTable(grpc::CallbackServerContext* context,
                                                      const v1::GetTableRequest* request,
                                                      v1::GetTableResponse* response) {
  return FinishCall(context, FillTable(*request, *response));
}

absl::Status ChangeFeedService::FillTable(const v1::GetTableRequest& request,
                                          v1::GetTableResponse& response) const {
  const TableName name{request.database(), request.table()};
  // Read before the registry, so that the registry knows the versions of all changes up to
  // `newest`.
  const Sequence newest = parts_.streams.feed.range().newest;
  const schema::TableVersionPtr table = parts_.registry.Find(name);
  if (table == nullptr) {
    return MakeError(reason::kTableNotFound,
                     fmt::format("the log has no table '{}': check the name and source.tables; if "
                                 "the table has had no change yet, run 'millrace proto export'",
                                 name.ToString()),
                     {{"table", name.ToString()}});
  }
  const Sequence sequence{request.sequence() == 0 ? kAfterAllChanges : request.sequence()};
  const schema::VersionSpan span = parts_.registry.SpanAt(table->table_id, sequence);
  // The cached row types are those of the newest versions.
  const auto row = span.version->version == table->version
                       ? parts_.streams.row_types.Find(*table)
                       : schema::RowDescriptor::Make(*span.version);
  v1::Table& message = *response.mutable_table();
  message = TableInFull(*span.version, *row);
  // `dropped` belongs to the table, not to a version.
  message.set_dropped(table->dropped);
  message.set_first_sequence(span.first.value);
  message.set_last_sequence(std::min(span.last, newest).value);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ChangeFeedService::GetPosition(grpc::CallbackServerContext* context,
                                                         const v1::GetPositionRequest* request,
                                                         v1::GetPositionResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  RunWork([this, request,
           response](feed::ReadFrom source) { return FillPosition(*request, source, *response); },
          [context, reactor](const absl::Status& status) {
            reactor->Finish(ToGrpc(status, *context));
          });
  return reactor;
}

void ChangeFeedService::RunWork(Work work, End end) {
  const absl::Status status = work(feed::ReadFrom::kMemory);
  if (!feed::IsNotInMemory(status)) return end(status);
  parts_.streams.disk.Post(
      feed::DiskReaders::Caller::kCall,
      [work = std::move(work), end = std::move(end)](feed::DiskReaders::Admission admission) {
        const absl::Status refusal = RefusalOf(admission);
        end(refusal.ok() ? work(feed::ReadFrom::kDisk) : refusal);
      });
}

absl::Status ChangeFeedService::FillPosition(const v1::GetPositionRequest& request,
                                             feed::ReadFrom source,
                                             v1::GetPositionResponse& response) const {
  const feed::Feed& feed = parts_.streams.feed;
  Token token;
  if (request.position_case() == v1::GetPositionRequest::kResumeToken) {
    MILLRACE_ASSIGN_OR_RETURN(token, Token::Parse(request.resume_token()));
  } else {
    feed::Place place;
    if (request.has_commit_time()) {
      MILLRACE_ASSIGN_OR_RETURN(const Micros time, MicrosOf(request.commit_time(), "commit_time"));
      MILLRACE_ASSIGN_OR_RETURN(
          place, feed::FindCommitTime(feed, time, parts_.streams.clock.WallMicros(), source));
    } else if (request.has_gtid_set()) {
      MILLRACE_ASSIGN_OR_RETURN(
          place, PlaceOfGtidSet(feed, parts_.registry.flavour(), request.gtid_set(), source));
    } else {
      MILLRACE_ASSIGN_OR_RETURN(place, PlaceOfStartPoint(feed, request.at(), source));
    }
    MILLRACE_ASSIGN_OR_RETURN(token, feed::TokenAfter(feed, place.after, source));
  }
  response.set_resume_token(token.ToString());
  response.set_sequence(token.sequence.value);
  const auto gtids = GtidSet::FromBinary(token.gtids);
  if (gtids.ok()) response.set_gtid_set(gtids->ToString());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ChangeFeedService::CommitPosition(
    grpc::CallbackServerContext* context, const v1::CommitPositionRequest* request,
    v1::CommitPositionResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto token = Token::Parse(request->resume_token());
  const auto stored = [context, response,
                       reactor](const absl::StatusOr<feed::Subscription>& subscription) {
    if (subscription.ok()) *response->mutable_subscription() = ToMessage(*subscription);
    reactor->Finish(ToGrpc(subscription.status(), *context));
  };
  if (!token.ok()) {
    stored(token.status());
    return reactor;
  }
  // Refuse an unusable position now, not when a stream needs it.
  RunWork(
      [this, token = *token](feed::ReadFrom source) {
        return feed::CheckResolves(parts_.streams.feed, token, source);
      },
      [this, token = *token, name = request->subscription(), stored](const absl::Status& status) {
        if (!status.ok()) return stored(status);
        parts_.subscriptions.Commit(name, token, stored);
      });
  return reactor;
}

grpc::ServerUnaryReactor* ChangeFeedService::ListSubscriptions(
    grpc::CallbackServerContext* context, const v1::ListSubscriptionsRequest* request,
    v1::ListSubscriptionsResponse* response) {
  for (const feed::Subscription& subscription : parts_.subscriptions.List()) {
    *response->add_subscriptions() = ToMessage(subscription);
  }
  return FinishCall(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ChangeFeedService::DeleteSubscription(
    grpc::CallbackServerContext* context, const v1::DeleteSubscriptionRequest* request,
    v1::DeleteSubscriptionResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.subscriptions.Delete(request->subscription(),
                              [context, reactor](const absl::Status& status) {
                                reactor->Finish(ToGrpc(status, *context));
                              });
  return reactor;
}

}  // namespace millrace::api
