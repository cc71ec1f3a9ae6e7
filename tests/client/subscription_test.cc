// SPDX-License-Identifier: Apache-2.0

#include "millrace/subscription.h"

#include <thread>

#include "client/fake_feed.h"
#include "client/table_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "millrace/client.h"
#include "millrace/error.h"

namespace millrace::client {
namespace {

using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::SizeIs;

class SubscriptionTest : public ::testing::Test {
 protected:
  std::unique_ptr<Subscription> Subscribe(SubscribeOptions options = {}) {
    options.sleeper = [this](absl::Duration wait) { waits_.push_back(wait); };
    client_ = *Client::Connect({.address = feed_.address()});
    return client_->Subscribe(std::move(options));
  }

  static SubscribeOptions From(const std::string& token) {
    SubscribeOptions options;
    options.request.set_resume_token(token);
    return options;
  }

  // Reads to the end of the stream and returns the sequences of all changes. Sets `ended_`.
  std::vector<uint64_t> Drain(Subscription& subscription) {
    std::vector<uint64_t> sequences;
    while (true) {
      const auto batch = subscription.Next();
      ended_ = batch.status();
      if (!batch.ok() || !batch->has_value()) return sequences;
      for (const auto& transaction : (*batch)->transactions()) {
        for (const auto& change : transaction.changes()) sequences.push_back(change.sequence());
      }
    }
  }

  std::vector<std::string> RequestedTokens() const {
    std::vector<std::string> tokens;
    for (const auto& request : feed_.requests()) tokens.push_back(request.resume_token());
    return tokens;
  }

  FakeFeed feed_;
  std::unique_ptr<Client> client_;
  std::vector<absl::Duration> waits_;
  absl::Status ended_;
};

TEST_F(SubscriptionTest, ResumeReturnsEachChangeOnce) {
  feed_.Add(TransientFailure({Numbered("a", {1, 2}), Numbered("b", {3})}));
  feed_.Add(TransientFailure());
  feed_.Add(TransientFailure({Numbered("c", {4})}));
  const auto subscription = Subscribe(From("start"));
  EXPECT_THAT(Drain(*subscription), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(ErrorReasonOf(ended_), "SCRIPT_OVER");
  EXPECT_THAT(RequestedTokens(), ElementsAre("start", "b", "b", "c"));
}

TEST_F(SubscriptionTest, ResumeRepeatsWholeRequest) {
  SubscribeOptions options = From("start");
  options.request.add_tables("shop.*");
  options.request.add_operations(v1::OPERATION_DELETE);
  options.request.set_row_encoding(v1::ROW_ENCODING_JSON);
  feed_.Add(TransientFailure({Numbered("a", {1})}));
  Drain(*Subscribe(options));
  ASSERT_THAT(feed_.requests(), SizeIs(2));
  options.request.set_resume_token("a");
  EXPECT_EQ(feed_.requests()[1].SerializeAsString(), options.request.SerializeAsString());
}

TEST_F(SubscriptionTest, PermanentFailureHasDetail) {
  feed_.Add(
      FailureWithReason(grpc::StatusCode::OUT_OF_RANGE, "TOKEN_TRIMMED", {{"oldest_token", "o"}}));
  EXPECT_THAT(Drain(*Subscribe(From("old"))), ElementsAre());
  EXPECT_EQ(ended_.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorDetailOf(ended_)->metadata().at("oldest_token"), "o");
  EXPECT_THAT(waits_, SizeIs(0));
}

TEST_F(SubscriptionTest, FinalFailureIsRepeated) {
  feed_.Add(FailureWithReason(grpc::StatusCode::DATA_LOSS, "LOG_DAMAGED"));
  const auto subscription = Subscribe(From("t"));
  Drain(*subscription);
  Drain(*subscription);
  EXPECT_EQ(ErrorReasonOf(ended_), "LOG_DAMAGED");
  EXPECT_THAT(feed_.requests(), SizeIs(1));
}

TEST_F(SubscriptionTest, StoppingServerIsRetried) {
  feed_.Add(FailureWithReason(grpc::StatusCode::UNAVAILABLE, "STOPPING"));
  feed_.Add(FailureWithReason(grpc::StatusCode::RESOURCE_EXHAUSTED, "STREAM_LIMIT"));
  feed_.Add(Responses({Numbered("a", {1})}));
  EXPECT_THAT(Drain(*Subscribe(From("t"))), ElementsAre(1));
}

TEST_F(SubscriptionTest, CatchupLimitIsRetried) {
  feed_.Add(FailureWithReason(grpc::StatusCode::RESOURCE_EXHAUSTED, "CATCHUP_LIMIT"));
  feed_.Add(Responses({Numbered("a", {1})}));
  EXPECT_THAT(Drain(*Subscribe(From("t"))), ElementsAre(1));
}

TEST_F(SubscriptionTest, LossDuringSnapshotResumesInSnapshot) {
  feed_.Add(TransientFailure());
  feed_.Add(TransientFailure({Numbered("a", {1})}));
  feed_.Add(Responses({Numbered("b", {2})}));
  SubscribeOptions options;
  options.request.set_at(v1::START_POINT_SNAPSHOT);
  EXPECT_THAT(Drain(*Subscribe(options)), ElementsAre(1, 2));
  EXPECT_EQ(feed_.requests().at(1).at(), v1::START_POINT_SNAPSHOT);
  EXPECT_EQ(feed_.requests().at(2).resume_token(), "a");
}

TEST_F(SubscriptionTest, ResetStreamRetriesAreLimited) {
  for (int i = 0; i < 20; ++i) {
    feed_.Add({{}, {grpc::StatusCode::INTERNAL, "Received RST_STREAM with error code 2"}, {}});
  }
  Drain(*Subscribe(From("t")));
  EXPECT_EQ(ended_.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(feed_.requests(), SizeIs(11));
}

TEST_F(SubscriptionTest, ProgressMovesTokenWithoutChanges) {
  v1::SubscribeResponse idle;
  idle.set_resume_token("idle");
  idle.mutable_progress()->set_sequence(9);
  feed_.Add(TransientFailure({idle}));
  const auto subscription = Subscribe(From("t"));
  const auto batch = subscription->Next();
  ASSERT_TRUE(batch.ok() && batch->has_value());
  EXPECT_EQ((*batch)->progress().sequence(), 9);
  EXPECT_EQ(subscription->resume_token(), "idle");
  Drain(*subscription);
  EXPECT_THAT(RequestedTokens(), ElementsAre("t", "idle"));
}

TEST_F(SubscriptionTest, LatestIsResolvedOnce) {
  feed_.SetPositions({"first", "later"});
  feed_.FailPositions(2);
  feed_.Add(TransientFailure());
  feed_.Add(TransientFailure({Numbered("a", {1})}));
  EXPECT_THAT(Drain(*Subscribe()), ElementsAre(1));
  EXPECT_THAT(RequestedTokens(), ElementsAre("first", "first", "a"));
  EXPECT_THAT(feed_.position_requests(), SizeIs(3));
}

TEST_F(SubscriptionTest, OpenResolvesLatest) {
  feed_.SetPositions({"now", "later"});
  const auto subscription = Subscribe();
  EXPECT_TRUE(subscription->Open().ok());
  EXPECT_EQ(subscription->resume_token(), "now");
  EXPECT_THAT(feed_.requests(), SizeIs(0));
}

TEST_F(SubscriptionTest, OtherStartsAreSentUnchanged) {
  SubscribeOptions options;
  options.request.set_gtid_set("0-1-2");
  feed_.Add(TransientFailure());
  Drain(*Subscribe(options));
  ASSERT_THAT(feed_.requests(), SizeIs(2));
  EXPECT_EQ(feed_.requests()[1].gtid_set(), "0-1-2");
  EXPECT_THAT(feed_.position_requests(), SizeIs(0));
}

TEST_F(SubscriptionTest, BoundedStreamEnds) {
  SubscribeOptions options = From("t");
  options.request.set_until_token("u");
  feed_.Add(Responses({Numbered("u", {1})}));
  const auto subscription = Subscribe(options);
  EXPECT_THAT(Drain(*subscription), ElementsAre(1));
  EXPECT_TRUE(ended_.ok());
  EXPECT_FALSE(subscription->Next()->has_value());
}

TEST_F(SubscriptionTest, EndedUnboundedStreamIsResumed) {
  feed_.Add(Responses({Numbered("a", {1})}));
  feed_.Add(Responses({Numbered("b", {2})}));
  EXPECT_THAT(Drain(*Subscribe(From("t"))), ElementsAre(1, 2));
}

TEST_F(SubscriptionTest, ProgressResetsRetryBudget) {
  SubscribeOptions options = From("t");
  options.retry.attempts_max = 1;
  feed_.Add(TransientFailure({Numbered("a", {1})}));
  feed_.Add(TransientFailure({Numbered("b", {2})}));
  feed_.Add(TransientFailure());
  feed_.Add(TransientFailure({Numbered("c", {3})}));
  EXPECT_THAT(Drain(*Subscribe(options)), ElementsAre(1, 2));
  EXPECT_EQ(ended_.code(), absl::StatusCode::kUnavailable);
}

TEST_F(SubscriptionTest, RetriesAreReported) {
  SubscribeOptions options = From("t");
  std::vector<std::string> reported;
  options.on_retry = [&](const absl::Status& failure, absl::Duration wait) {
    reported.emplace_back(failure.message());
  };
  feed_.Add(TransientFailure());
  Drain(*Subscribe(options));
  EXPECT_THAT(reported, ElementsAre("connection reset"));
  EXPECT_THAT(waits_, ElementsAre(Le(absl::Milliseconds(100))));
}

TEST_F(SubscriptionTest, ResponseWithoutTokenIsRefused) {
  feed_.Add(Responses({Numbered("", {1})}));
  EXPECT_THAT(Drain(*Subscribe(From("t"))), ElementsAre());
  EXPECT_EQ(ended_.code(), absl::StatusCode::kInternal);
}

TEST_F(SubscriptionTest, CancelEndsWaitingNext) {
  feed_.Add(Hang({Numbered("a", {1})}));
  const auto subscription = Subscribe(From("t"));
  ASSERT_TRUE(subscription->Next().ok());
  std::thread canceller([&] { subscription->Cancel(); });
  EXPECT_EQ(subscription->Next().status().code(), absl::StatusCode::kCancelled);
  canceller.join();
}

TEST_F(SubscriptionTest, CancelEndsRetryWait) {
  feed_.Add(TransientFailure());
  SubscribeOptions options = From("t");
  options.retry.backoff_initial = options.retry.backoff_max = absl::Hours(1);
  client_ = *Client::Connect({.address = feed_.address()});
  std::unique_ptr<Subscription> subscription;
  options.on_retry = [&](const absl::Status& failure, absl::Duration wait) {
    subscription->Cancel();
  };
  subscription = client_->Subscribe(options);
  EXPECT_EQ(subscription->Next().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(SubscriptionTest, AbandonedStreamIsClosed) {
  feed_.Add(Hang({Numbered("a", {1}), Numbered("b", {2})}));
  auto subscription = Subscribe(From("t"));
  ASSERT_TRUE(subscription->Next().ok());
  subscription.reset();
  EXPECT_THAT(feed_.requests(), SizeIs(1));
}

TEST_F(SubscriptionTest, LargeRowArrives) {
  v1::SubscribeResponse response = Numbered("a", {1});
  const std::string blob(20 << 20, 'x');
  response.mutable_transactions(0)->mutable_changes(0)->mutable_after()->set_value(blob);
  feed_.Add(Responses({response}));
  EXPECT_THAT(Drain(*Subscribe(From("t"))), ElementsAre(1));
}

}  // namespace
}  // namespace millrace::client
