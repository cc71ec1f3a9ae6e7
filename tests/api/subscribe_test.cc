// SPDX-License-Identifier: Apache-2.0

// The stream from a client's view.

#include "api/server_fixture.h"

namespace millrace::api {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

class SubscribeTest : public ServerTest {
 protected:
  SubscribeTest() {
    for (uint64_t number = 1; number <= 10; ++number) log_.Inserts(number, 3);
    log_.Commit();
    Start();
  }
};

TEST_F(SubscribeTest, EarliestDeliversEverything) {
  const auto subscriber = Subscribe(Earliest());
  const std::vector<uint64_t> sequences = subscriber->Sequences(30);
  ASSERT_THAT(sequences, SizeIs(30));
  for (uint64_t i = 0; i < 30; ++i) EXPECT_EQ(sequences[i], i + 1);
}

TEST_F(SubscribeTest, LatestDeliversLaterChanges) {
  const auto subscriber = Subscribe(From(v1::START_POINT_LATEST));
  ASSERT_TRUE(subscriber->Next()->has_progress());
  log_.Inserts(11, 2);
  log_.Commit();
  EXPECT_THAT(subscriber->Sequences(2), ElementsAre(31, 32));
}

TEST_F(SubscribeTest, EveryTokenResumesAfterItsResponse) {
  v1::SubscribeRequest request = Earliest();
  request.set_max_response_bytes(1024);
  const auto first = Subscribe(request);
  for (uint64_t passed = 0; passed < 30;) {
    const auto response = first->Next();
    ASSERT_TRUE(response.has_value());
    for (const auto& transaction : response->transactions()) passed += transaction.changes_size();
    if (passed == 30) break;
    v1::SubscribeRequest again;
    again.set_resume_token(response->resume_token());
    EXPECT_EQ(Subscribe(again)->Sequences(1)[0], passed + 1);
  }
}

TEST_F(SubscribeTest, StartsByTimeGtidSubscriptionAndSequence) {
  v1::SubscribeRequest request;
  request.mutable_commit_time()->set_seconds(4);
  EXPECT_THAT(Subscribe(request)->Sequences(1)[0], 10);
  request.set_gtid_set(GtidTextOf(1) + "-4");
  EXPECT_THAT(Subscribe(request)->Sequences(1)[0], 13);
  request.set_subscription("billing");
  EXPECT_THAT(Subscribe(request)->Sequences(1)[0], 1);
  request.mutable_after()->set_sequence(20);
  EXPECT_THAT(Subscribe(request)->Sequences(1)[0], 21);
}

TEST_F(SubscribeTest, TablesAndOperationsAreFiltered) {
  log_.Transaction(11, {{.table = "carts"},
                        {.operation = v1::OPERATION_DELETE},
                        {.table = "carts", .operation = v1::OPERATION_DELETE}});
  log_.Commit();
  v1::SubscribeRequest request = Earliest();
  request.add_tables("shop.carts");
  request.add_operations(v1::OPERATION_DELETE);
  EXPECT_THAT(Subscribe(request)->Sequences(1), ElementsAre(33));
}

TEST_F(SubscribeTest, JsonIsDeliveredOnRequest) {
  v1::SubscribeRequest request = Earliest();
  request.set_row_encoding(v1::ROW_ENCODING_JSON);
  const v1::Change change = Subscribe(request)->Changes(1)[0];
  EXPECT_EQ(change.after_json(), R"({"id":0,"note":"aaaaaaaaaa"})");
  EXPECT_FALSE(change.has_after());
}

TEST_F(SubscribeTest, IdleStreamSendsProgress) {
  v1::SubscribeRequest request = From(v1::START_POINT_LATEST);
  request.mutable_progress_interval()->set_nanos(100'000'000);
  const auto subscriber = Subscribe(request);
  for (int i = 0; i < 3; ++i) {
    const auto response = subscriber->Next();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->progress().sequence(), 30u);
    EXPECT_EQ(response->progress().source_time().nanos(), 234'567'000);
    EXPECT_EQ(Token::Parse(response->resume_token())->sequence.value, 30u);
  }
}

TEST_F(SubscribeTest, FilteredStreamStillAdvances) {
  v1::SubscribeRequest request = Earliest();
  request.add_tables("other.*");
  request.mutable_progress_interval()->set_nanos(100'000'000);
  const auto subscriber = Subscribe(request);
  uint64_t sequence = 0;
  while (sequence < 30) sequence = subscriber->Next()->progress().sequence();
  log_.Inserts(11, 1);
  log_.Commit();
  while (sequence < 31) sequence = subscriber->Next()->progress().sequence();
}

TEST_F(SubscribeTest, BoundedReadEndsWithOk) {
  v1::SubscribeRequest request = Earliest();
  request.set_until_token(TokenAt(7));
  const auto subscriber = Subscribe(request);
  EXPECT_THAT(subscriber->Sequences(7), SizeIs(7));
  EXPECT_FALSE(subscriber->Next().has_value());
  EXPECT_TRUE(subscriber->Finish().ok());
}

TEST_F(SubscribeTest, EmptyBoundedReadEndsWithTokenAndOk) {
  v1::SubscribeRequest request = Earliest();
  request.set_until_token(TokenAt(0));
  const auto subscriber = Subscribe(request);
  EXPECT_TRUE(subscriber->Next()->has_progress());
  EXPECT_FALSE(subscriber->Next().has_value());
  EXPECT_TRUE(subscriber->Finish().ok());
}

TEST_F(SubscribeTest, CancelledStreamIsRemoved) {
  const auto subscriber = Subscribe(Earliest());
  EXPECT_THAT(subscriber->Sequences(1), ::testing::Not(::testing::IsEmpty()));
  subscriber->Cancel();
  EXPECT_EQ(subscriber->Finish().error_code(), grpc::StatusCode::CANCELLED);
  AwaitStreams(0);
}

TEST_F(SubscribeTest, StopEndsStreamsWithReason) {
  const auto subscriber = Subscribe(Earliest());
  subscriber->Sequences(30);
  Stop();
  EXPECT_EQ(subscriber->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(subscriber->Detail().reason(), "STOPPING");
}

TEST_F(SubscribeTest, StuckReaderDelaysNoOtherStream) {
  FillForStuckReader(11);
  const auto idle = Subscribe(Earliest());
  while (streams_->List().empty() || streams_->List()[0]->passed < 31) std::this_thread::yield();
  EXPECT_THAT(Subscribe(EarliestCarts())->Sequences(1), ElementsAre(log_.newest()));
}

TEST_F(SubscribeTest, StatusShowsStartOfStream) {
  const auto subscriber = Subscribe(From(v1::START_POINT_LATEST));
  subscriber->Next();
  EXPECT_EQ(streams_->List().at(0)->passed, 30u);
}

TEST_F(SubscribeTest, RefusalsCarryCodeAndReason) {
  v1::SubscribeRequest request;
  request.set_resume_token("x");
  EXPECT_THAT(Refusal(request), Pair("TOKEN_MALFORMED", grpc::StatusCode::INVALID_ARGUMENT));
  request.mutable_after()->set_sequence(99);
  EXPECT_THAT(Refusal(request), Pair("TOKEN_AHEAD", grpc::StatusCode::OUT_OF_RANGE));
  request.mutable_after()->set_log_id("other");
  EXPECT_THAT(Refusal(request),
              Pair("TOKEN_OF_ANOTHER_LOG", grpc::StatusCode::FAILED_PRECONDITION));
  request.set_at(v1::START_POINT_SNAPSHOT);
  EXPECT_THAT(Refusal(request),
              Pair("SNAPSHOT_UNAVAILABLE", grpc::StatusCode::FAILED_PRECONDITION));
  request.set_at(v1::START_POINT_LATEST);
  request.add_tables("shop.x");
  EXPECT_THAT(Refusal(request), Pair("TABLE_UNKNOWN", grpc::StatusCode::INVALID_ARGUMENT));
}

// gRPC clients accept 8 KiB of metadata. A long text must not hide the error's reason.
TEST_F(SubscribeTest, RefusalWithLongTextHasReason) {
  v1::SubscribeRequest request;
  request.add_tables("shop." + std::string(60'000, 'x'));
  EXPECT_THAT(Refusal(request), Pair("TABLE_UNKNOWN", grpc::StatusCode::INVALID_ARGUMENT));
  request.set_tables(0, std::string(60'000, '%'));
  EXPECT_THAT(Refusal(request),
              Pair("TABLE_PATTERN_MALFORMED", grpc::StatusCode::INVALID_ARGUMENT));
}

TEST_F(SubscribeTest, TrimmedTokenIsRefusedWithOldestToken) {
  v1::SubscribeRequest request;
  request.set_resume_token(TokenAt(1));
  log_.TrimBefore(8);
  // The changes are still in the ring, but the log decides, as it would after a restart.
  const auto subscriber = Subscribe(request);
  EXPECT_EQ(subscriber->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(subscriber->Detail().reason(), "TOKEN_TRIMMED");
  EXPECT_TRUE(Token::Parse(subscriber->Detail().metadata().at("oldest_token")).ok());
}

class SubscribeLimitTest : public ServerTest {};

TEST_F(SubscribeLimitTest, StreamAboveTheLimitIsRefused) {
  options_.streams_max = 2;
  Start();
  const auto first = Subscribe(Earliest());
  const auto second = Subscribe(Earliest());
  AwaitStreams(2);
  EXPECT_THAT(Refusal(Earliest()), Pair("STREAM_LIMIT", grpc::StatusCode::RESOURCE_EXHAUSTED));
  first->Cancel();
  AwaitStreams(1);
  EXPECT_TRUE(Subscribe(Earliest())->Next().has_value());
}

TEST_F(SubscribeLimitTest, StuckReaderDoesNotDelayStop) {
  options_.shutdown_grace = 100'000;
  FillForStuckReader(1);
  Start();
  const auto idle = Subscribe(Earliest());
  // Without this wait, `idle` might be listed second.
  AwaitStreams(1);
  // When the second stream reaches the end, the first has been stuck for long.
  EXPECT_THAT(Subscribe(EarliestCarts())->Sequences(1), ElementsAre(log_.newest()));
  ASSERT_LT(streams_->List().at(0)->passed, log_.newest());
  Stop();
  AwaitStreams(0);
}

}  // namespace
}  // namespace millrace::api
