// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "admin/admin_service.h"
#include "api/server.h"
#include "feed/filled_log.h"
#include "grpcpp/create_channel.h"
#include "millrace/v1/error.pb.h"
#include "mysql/source_pool.h"

namespace millrace::api {

using feed::FilledLog;
using feed::GtidTextOf;
using feed::kSecond;
using feed::ReasonOf;

// One open Subscribe call.
class Subscriber {
 public:
  Subscriber(v1::ChangeFeed::Stub& stub, const v1::SubscribeRequest& request)
      : reader_(stub.Subscribe(&context_, request)) {}
  ~Subscriber() {
    context_.TryCancel();
    if (!finished_) reader_->Finish();
  }

  // The next response; nothing at the end.
  std::optional<v1::SubscribeResponse> Next() {
    v1::SubscribeResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    EXPECT_FALSE(response.resume_token().empty());
    return response;
  }
  // The next `count` changes.
  std::vector<v1::Change> Changes(size_t count) {
    std::vector<v1::Change> changes;
    while (changes.size() < count) {
      const auto response = Next();
      if (!response.has_value()) break;
      for (const v1::Transaction& transaction : response->transactions()) {
        changes.insert(changes.end(), transaction.changes().begin(), transaction.changes().end());
      }
    }
    return changes;
  }
  std::vector<uint64_t> Sequences(size_t count) {
    std::vector<uint64_t> sequences;
    for (const v1::Change& change : Changes(count)) sequences.push_back(change.sequence());
    return sequences;
  }
  // Reads to the end.
  grpc::Status Finish() {
    v1::SubscribeResponse response;
    while (reader_->Read(&response)) {
    }
    finished_ = true;
    return reader_->Finish();
  }
  void Cancel() { context_.TryCancel(); }
  v1::ErrorDetail Detail() const { return DetailOf(context_); }

  static v1::ErrorDetail DetailOf(const grpc::ClientContext& context) {
    v1::ErrorDetail detail;
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto found = trailing.find("millrace-error-bin");
    if (found != trailing.end()) {
      EXPECT_TRUE(
          detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size())));
    }
    return detail;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  bool finished_ = false;
};

// The real server over a log that the test fills.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : ServerTest(FilledLog::Options()) {}
  explicit ServerTest(const FilledLog::Options& log) : log_(log) {
    options_.listen = "127.0.0.1:0";
  }
  ~ServerTest() override { Stop(); }

  void Start() {
    streams_ = std::make_unique<StreamList>(options_.streams_max);
    config_.log.directory = "/nowhere";
    coverage_ = coverage::Coverage::Open(log_.log()).value();
    // Ingestion and readers never start. Snapshots can be started, paused and canceled.
    SourceOptions source;
    source.socket = "/nowhere/mysql.sock";
    source.server_id = 1;
    source_.emplace(std::move(source));
    ingest_ = ingest::Ingest::Make({.config = config_,
                                    .source = *source_,
                                    .log = log_.log(),
                                    .registry = log_.registry(),
                                    .coverage = *coverage_,
                                    .tasks = tasks_,
                                    .clock = Clock::System(),
                                    .committer = {}})
                  .value();
    snapshots_ = snapshot::Snapshots::Open({.config = config_,
                                            .source = *source_,
                                            .log = log_.log(),
                                            .registry = log_.registry(),
                                            .coverage = *coverage_,
                                            .tasks = tasks_,
                                            .clock = Clock::System()})
                     .value();
    admin_.emplace(admin::AdminService::Parts{.ingest = *ingest_,
                                              .feed = log_.feed(),
                                              .subscriptions = log_.subscriptions(),
                                              .streams = *streams_,
                                              .connections = connections_,
                                              .snapshots = *snapshots_,
                                              .disk = disk_,
                                              .commit_times = commit_times_,
                                              .clock = Clock::System()});
    server_ = Server::Start(Parts()).value();
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::ChangeFeed::NewStub(channel_);
  }
  Server::Parts Parts() {
    return {.options = options_,
            .feed = log_.feed(),
            .subscriptions = log_.subscriptions(),
            .registry = log_.registry(),
            .clock = Clock::System(),
            .source_time = [] { return Micros{1'234'567}; },
            .streams = *streams_,
            .disk = disk_,
            .connections = connections_,
            .services = {{std::string(v1::Admin::service_full_name()), &*admin_}},
            .coverage = ensure_ ? coverage_.get() : nullptr,
            .ensure = ensure_,
            .learn_tables = learn_tables_};
  }
  void Stop() {
    if (server_ != nullptr) server_->Stop();
  }

  static v1::SubscribeRequest From(v1::StartPoint point) {
    v1::SubscribeRequest request;
    request.set_at(point);
    return request;
  }
  static v1::SubscribeRequest Earliest() { return From(v1::START_POINT_EARLIEST); }
  // Adds more than gRPC buffers for a client that does not read, then one change of shop.carts.
  void FillForStuckReader(uint64_t first) {
    for (uint64_t number = first; number < first + 100; ++number) log_.Inserts(number, 4, 50'000);
    log_.Transaction(first + 100, {{.table = "carts"}});
    log_.Commit();
  }
  static v1::SubscribeRequest EarliestCarts() {
    v1::SubscribeRequest request = Earliest();
    request.add_tables("shop.carts");
    return request;
  }
  std::unique_ptr<Subscriber> Subscribe(const v1::SubscribeRequest& request) {
    return std::make_unique<Subscriber>(*stub_, request);
  }
  // Reason and code of the refusal of a subscription.
  std::pair<std::string, grpc::StatusCode> Refusal(const v1::SubscribeRequest& request) {
    const auto subscriber = Subscribe(request);
    const grpc::Status status = subscriber->Finish();
    return {subscriber->Detail().reason(), status.error_code()};
  }
  // Calls a unary method; keeps status and detail.
  template <typename Request, typename Response>
  Response Call(grpc::Status (v1::ChangeFeed::Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                const Request& request) {
    grpc::ClientContext context;
    Response response;
    status_ = (stub_.get()->*method)(&context, request, &response);
    detail_ = Subscriber::DetailOf(context);
    return response;
  }
  std::string TokenAt(uint64_t sequence) {
    return feed::TokenAfter(log_.feed(), {sequence})->ToString();
  }
  void AwaitStreams(size_t count) {
    while (streams_->List().size() != count) std::this_thread::yield();
  }

  FilledLog log_;
  feed::DiskReaders disk_{2};
  feed::CommitTimes commit_times_{log_.feed(), disk_};
  ServerOptions options_;
  EnsureCovered ensure_;  // without it the server has no snapshots
  LearnTables learn_tables_;
  Config config_;
  std::unique_ptr<StreamList> streams_;
  listener::Connections connections_{{.connections_max = 1000, .connections_per_peer_max = 1000},
                                     Clock::System()};
  std::unique_ptr<coverage::Coverage> coverage_;
  snapshot::StreamTasks tasks_;
  std::optional<SourcePool> source_;
  std::unique_ptr<ingest::Ingest> ingest_;
  std::unique_ptr<snapshot::Snapshots> snapshots_;
  std::optional<admin::AdminService> admin_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ChangeFeed::Stub> stub_;
  grpc::Status status_;
  v1::ErrorDetail detail_;
};

}  // namespace millrace::api
