// SPDX-License-Identifier: Apache-2.0

// The unary calls, health, and the server itself.

#include "api/certificate_files.h"
#include "api/server_fixture.h"
#include "base/error.h"
#include "base/reason.h"
#include "google/protobuf/util/time_util.h"
#include "grpcpp/generic/generic_stub.h"

namespace millrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using FeedStub = v1::ChangeFeed::Stub;

class UnaryTest : public ServerTest {
 protected:
  UnaryTest() {
    for (uint64_t number = 1; number <= 10; ++number) log_.Inserts(number, 3);
    log_.Transaction(11, {{.table = "carts"}});
    log_.Commit();
    Start();
  }
  std::vector<std::string> Tables(const std::vector<std::string>& patterns) {
    v1::ListTablesRequest request;
    for (const std::string& pattern : patterns) request.add_tables(pattern);
    const v1::ListTablesResponse response = Call(&FeedStub::ListTables, request);
    std::vector<std::string> names;
    for (const v1::Table& table : response.tables()) names.push_back(table.table());
    return names;
  }
  v1::GetPositionResponse Position(const v1::GetPositionRequest& request) {
    return Call(&FeedStub::GetPosition, request);
  }
  void CommitPosition(const std::string& name, const std::string& token) {
    v1::CommitPositionRequest request;
    request.set_subscription(name);
    request.set_resume_token(token);
    Call(&FeedStub::CommitPosition, request);
  }
  v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    status_ = v1::Admin::NewStub(channel_)->GetStatus(&context, {}, &response);
    return response;
  }
  // Parts for a second server.
  Server::Parts PartsAlone() {
    Server::Parts parts = Parts();
    parts.services.clear();
    return parts;
  }
  // The result of grpc.health.v1.Health/Check for a service: 1 is SERVING.
  int Health(const std::string& service) {
    std::string request;
    if (!service.empty()) request = "\x0a" + std::string(1, static_cast<char>(service.size()));
    request += service;
    grpc::Slice slice(request);
    const grpc::ByteBuffer message(&slice, 1);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::GenericStub generic(channel_);
    auto call = generic.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", message, &queue);
    grpc::ByteBuffer response;
    call->StartCall();
    call->Finish(&response, &status_, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    if (!status_.ok() || !response.DumpToSingleSlice(&slice).ok()) return -1;
    return slice.size() == 2 ? slice.begin()[1] : -1;
  }
};

TEST_F(UnaryTest, TablesAreListedByPattern) {
  EXPECT_THAT(Tables({}), ElementsAre("carts", "orders"));
  EXPECT_THAT(Tables({"shop.o*"}), ElementsAre("orders"));
  Tables({"bad"});
  EXPECT_EQ(detail_.reason(), "TABLE_PATTERN_MALFORMED");
}

class AskSourceTest : public ServerTest {
 protected:
  AskSourceTest() {
    log_.Inserts(1, 1);
    log_.Commit();
    learn_tables_ = [this](const std::vector<std::string>& patterns) {
      asked_ = patterns;
      if (learn_status_.ok()) {
        log_.Transaction(2, {{.table = "carts"}});
        log_.Commit();
      }
      return learn_status_;
    };
    Start();
  }
  int TablesListed(bool ask_source) {
    v1::ListTablesRequest request;
    request.add_tables("shop.*");
    request.set_ask_source(ask_source);
    return Call(&FeedStub::ListTables, request).tables_size();
  }
  std::vector<std::string> asked_;
  absl::Status learn_status_;
};

TEST_F(AskSourceTest, TablesOfSourceAreListedOnRequest) {
  EXPECT_EQ(TablesListed(false), 1);
  EXPECT_THAT(asked_, ::testing::IsEmpty());
  EXPECT_EQ(TablesListed(true), 2);
  EXPECT_THAT(asked_, ElementsAre("shop.*"));
}

TEST_F(AskSourceTest, UnreachableSourceIsAnError) {
  learn_status_ = MakeError(reason::kSourceUnreachable, "away");
  EXPECT_EQ(TablesListed(true), 0);
  EXPECT_EQ(detail_.reason(), "SOURCE_UNREACHABLE");
  learn_status_ = absl::CancelledError("the stream has ended");
  TablesListed(true);
  EXPECT_EQ(detail_.reason(), "STOPPING");
}

TEST(CallThreadTest, CallsAfterStopAreRefused) {
  CallThread calls({.name = "calls", .work = "the source"});
  calls.RequestStop();
  absl::Status refusal;
  calls.Post([&refusal](const absl::Status& why) { refusal = why; });
  EXPECT_EQ(ErrorReason(refusal), "STOPPING");
}

TEST_F(UnaryTest, GetTableReturnsAllDetails) {
  v1::GetTableRequest request;
  request.set_database("shop");
  request.set_table("orders");
  const v1::Table table = Call(&FeedStub::GetTable, request).table();
  EXPECT_EQ(table.row_message(), "db.shop.orders");
  EXPECT_EQ(table.proto_path(), "db/shop/orders.proto");
  EXPECT_THAT(table.proto_text(), HasSubstr("message orders"));
  ASSERT_EQ(table.columns_size(), 2);
  EXPECT_EQ(table.columns(1).column(), "note");
  google::protobuf::DescriptorPool pool;
  for (const auto& file : table.descriptors().file()) ASSERT_NE(pool.BuildFile(file), nullptr);
  EXPECT_NE(pool.FindMessageTypeByName("db.shop.orders"), nullptr);
}

TEST_F(UnaryTest, TableIsFoundAtASequence) {
  log_.registry().RenameColumns({"shop", "orders"}, {{"note", "memo"}}, Sequence{32});
  log_.Inserts(32, 1);
  log_.Commit();
  v1::GetTableRequest request;
  request.set_database("shop");
  request.set_table("orders");
  request.set_sequence(31);
  const v1::Table before = Call(&FeedStub::GetTable, request).table();
  EXPECT_EQ(before.columns(1).column(), "note");
  EXPECT_EQ(before.first_sequence(), 0u);
  EXPECT_EQ(before.last_sequence(), 31u);
  request.set_sequence(32);
  const v1::Table after = Call(&FeedStub::GetTable, request).table();
  EXPECT_EQ(after.columns(1).column(), "memo");
  EXPECT_EQ(after.first_sequence(), 32u);
  EXPECT_EQ(after.last_sequence(), 32u) << "up to the end of the log";
  request.clear_sequence();
  EXPECT_EQ(Call(&FeedStub::GetTable, request).table().version(), after.version());
}

TEST_F(UnaryTest, UnknownTableIsNotFound) {
  v1::GetTableRequest request;
  request.set_database("shop");
  request.set_table("none");
  Call(&FeedStub::GetTable, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(detail_.reason(), "TABLE_NOT_FOUND");
  EXPECT_EQ(detail_.metadata().at("table"), "shop.none");
}

TEST_F(UnaryTest, PositionsAreFound) {
  v1::GetPositionRequest request;
  EXPECT_EQ(Position(request).sequence(), 31u);
  request.set_at(v1::START_POINT_EARLIEST);
  EXPECT_EQ(Position(request).sequence(), 0u);
  request.mutable_commit_time()->set_seconds(3);
  EXPECT_EQ(Position(request).sequence(), 6u);
  request.set_gtid_set(GtidTextOf(1) + "-2");
  EXPECT_EQ(Position(request).sequence(), 6u);
  EXPECT_EQ(Position(request).gtid_set(), GtidTextOf(1) + "-2");
  request.set_resume_token(TokenAt(5));
  EXPECT_EQ(Position(request).sequence(), 5u);
  EXPECT_EQ(Position(request).resume_token(), TokenAt(5));
}

TEST_F(UnaryTest, InvalidPositionsAreRefused) {
  v1::GetPositionRequest request;
  request.set_gtid_set("x");
  Position(request);
  EXPECT_EQ(detail_.reason(), "GTID_SET_MALFORMED");
  request.set_at(v1::START_POINT_SNAPSHOT);
  Position(request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(UnaryTest, CommittedPositionsAreListedAndDeleted) {
  CommitPosition("b", TokenAt(5));
  CommitPosition("a", TokenAt(7));
  ASSERT_TRUE(status_.ok());
  const auto list = Call(&FeedStub::ListSubscriptions, v1::ListSubscriptionsRequest());
  ASSERT_EQ(list.subscriptions_size(), 2);
  EXPECT_EQ(list.subscriptions(0).subscription(), "a");
  EXPECT_EQ(list.subscriptions(0).sequence(), 7u);
  v1::DeleteSubscriptionRequest request;
  request.set_subscription("a");
  Call(&FeedStub::DeleteSubscription, request);
  EXPECT_TRUE(status_.ok());
  Call(&FeedStub::DeleteSubscription, request);
  EXPECT_EQ(detail_.reason(), "SUBSCRIPTION_NOT_FOUND");
}

TEST_F(UnaryTest, UnresumablePositionIsNotStored) {
  CommitPosition("a", "x");
  EXPECT_EQ(detail_.reason(), "TOKEN_MALFORMED");
  Token token = Token::Parse(TokenAt(5)).value();
  token.sequence = {1000};
  CommitPosition("a", token.ToString());
  EXPECT_EQ(detail_.reason(), "TOKEN_AHEAD");
  CommitPosition("not a name", TokenAt(5));
  EXPECT_EQ(detail_.reason(), "SUBSCRIPTION_NAME_INVALID");
  EXPECT_TRUE(log_.subscriptions().List().empty());
}

TEST_F(UnaryTest, HealthFollowsTheSource) {
  for (const char* service : {"", "millrace.v1.ChangeFeed"}) {
    EXPECT_EQ(Health(service), 2) << service;
    server_->SetServing(true);
    EXPECT_EQ(Health(service), 1) << service;
    server_->SetServing(false);
  }
}

TEST_F(UnaryTest, StatusDescribesTheLog) {
  const v1::GetStatusResponse status = Status();
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(status.log_id(), LogIdText(log_.log().log_id()));
  EXPECT_EQ(status.log().oldest_sequence(), 1u);
  EXPECT_EQ(status.log().newest_sequence(), 31u);
  EXPECT_EQ(status.log().newest_token(), TokenAt(31));
  EXPECT_EQ(status.log().oldest_commit_time().seconds(), 1);
  EXPECT_GT(status.log().disk_bytes(), 0u);
  EXPECT_EQ(status.source().state(), v1::SourceStatus::STATE_CONNECTING);
}

TEST_F(UnaryTest, StatusShowsLagOfSubscriptions) {
  CommitPosition("a", TokenAt(27));
  const v1::GetStatusResponse response = Status();
  ASSERT_EQ(response.subscriptions_size(), 1);
  const v1::SubscriptionStatus& status = response.subscriptions(0);
  EXPECT_EQ(status.subscription(), "a");
  EXPECT_EQ(status.lag_changes(), 4u);
  // The first later change was committed ten seconds after the epoch.
  const Micros lag = google::protobuf::util::TimeUtil::DurationToMicroseconds(status.lag());
  EXPECT_NEAR(static_cast<double>(Clock::System().WallMicros() - lag), 10e6, 9e5);
}

TEST_F(UnaryTest, SubscriptionOfAnotherLogHasNoLag) {
  CommitPosition("a", TokenAt(27));
  Token token = Token::Parse(TokenAt(27)).value();
  ++token.log_id;
  ASSERT_TRUE(log_.subscriptions().Commit("b", token).ok());
  token.log_id = log_.log().log_id();
  token.catch_up.emplace();
  ASSERT_TRUE(log_.subscriptions().Commit("c", token).ok());
  const v1::GetStatusResponse response = Status();
  ASSERT_EQ(response.subscriptions_size(), 3);
  EXPECT_EQ(response.subscriptions(0).place(), v1::SubscriptionStatus::PLACE_IN_LOG);
  EXPECT_EQ(response.subscriptions(1).place(), v1::SubscriptionStatus::PLACE_IN_OTHER_LOG);
  EXPECT_EQ(response.subscriptions(2).place(), v1::SubscriptionStatus::PLACE_IN_SNAPSHOT);
  for (const int other : {1, 2}) {
    EXPECT_EQ(response.subscriptions(other).lag_changes(), 0u);
    EXPECT_FALSE(response.subscriptions(other).has_lag());
  }
}

TEST_F(UnaryTest, GtidSetIsParsedInFlavourOfSource) {
  v1::GetPositionRequest request;
  request.set_gtid_set("zzz");
  Position(request);
  EXPECT_EQ(detail_.reason(), "GTID_SET_MALFORMED");
  EXPECT_THAT(status_.error_message(), HasSubstr("MySQL"));
  EXPECT_THAT(status_.error_message(), ::testing::Not(HasSubstr("MariaDB")));
  request.set_gtid_set("0-1-42");
  Position(request);
  EXPECT_EQ(detail_.reason(), "GTID_SET_MALFORMED");
  EXPECT_THAT(status_.error_message(), HasSubstr("the source is MySQL"));
}

TEST_F(UnaryTest, AddressInUseFailsStart) {
  options_.listen = "127.0.0.1:" + std::to_string(server_->port());
  feed::DiskReaders other_disk(1);
  const auto second = Server::Start({.options = options_,
                                     .feed = log_.feed(),
                                     .subscriptions = log_.subscriptions(),
                                     .registry = log_.registry(),
                                     .clock = Clock::System(),
                                     .source_time = [] { return Micros{0}; },
                                     .streams = *streams_,
                                     .disk = other_disk,
                                     .connections = connections_,
                                     .services = {}});
  EXPECT_EQ(ReasonOf(second), "LISTEN_FAILED");
}

TEST_F(UnaryTest, GrpcLogStaysOutOfStandardError) {
  options_.listen = "127.0.0.1:" + std::to_string(server_->port());
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ReasonOf(Server::Start(PartsAlone())), "LISTEN_FAILED");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(UnaryTest, AddressInUseIsNotACertificateError) {
  const CertificateFiles files;
  files.WriteServer(MakeIdentity({.name = "feed"}));
  options_.tls = files.Options();
  options_.listen = "127.0.0.1:" + std::to_string(server_->port());
  const auto certificates =
      Certificates::Open({.server = options_.tls, .others = {}, .clock = Clock::System()});
  ASSERT_TRUE(certificates.ok()) << certificates.status();
  Server::Parts parts = PartsAlone();
  parts.certificates = certificates->get();
  EXPECT_EQ(ReasonOf(Server::Start(parts)), "LISTEN_FAILED");
}

TEST_F(UnaryTest, StatusShowsClientNames) {
  v1::SubscribeRequest request = Earliest();
  request.set_client_name("billing on app-3");
  const auto subscriber = Subscribe(request);
  subscriber->Changes(1);
  const v1::GetStatusResponse status = Status();
  ASSERT_EQ(status.subscriptions_size(), 1);
  EXPECT_EQ(status.subscriptions(0).client_name(), "billing on app-3");
}

}  // namespace
}  // namespace millrace::api
