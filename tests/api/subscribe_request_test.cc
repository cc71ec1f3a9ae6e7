// SPDX-License-Identifier: Apache-2.0

#include "api/subscribe_request.h"

#include "feed/filled_log.h"

namespace millrace::api {
namespace {

using feed::FilledLog;
using feed::GtidTextOf;
using feed::kSecond;
using feed::ReasonOf;

class SubscribeRequestTest : public ::testing::Test {
 protected:
  SubscribeRequestTest() {
    for (uint64_t number = 1; number <= 10; ++number) log_.Inserts(number, 3);
    log_.Commit();
  }
  absl::StatusOr<SubscribePlan> Plan() {
    return PlanSubscribe(request_, {.feed = log_.feed(),
                                    .subscriptions = log_.subscriptions(),
                                    .registry = log_.registry(),
                                    .options = options_});
  }
  uint64_t Start() { return Plan().value().cursor.start.after.value; }
  // The field that REQUEST_INVALID names.
  std::string BadField() {
    const auto plan = Plan();
    EXPECT_EQ(ReasonOf(plan), "REQUEST_INVALID");
    return plan.ok() ? "" : ErrorMetadataOf(plan.status())["field"];
  }
  std::string TokenAt(uint64_t sequence) {
    return feed::TokenAfter(log_.feed(), {sequence})->ToString();
  }

  FilledLog log_;
  ServerOptions options_;
  v1::SubscribeRequest request_;
};

TEST_F(SubscribeRequestTest, EmptyRequestStartsAtNewestWithDefaults) {
  const SubscribePlan plan = Plan().value();
  EXPECT_EQ(plan.cursor.start.after.value, 30u);
  EXPECT_TRUE(plan.cursor.filter.wants_everything());
  EXPECT_EQ(plan.cursor.response_bytes_max, options_.response_bytes_max);
  EXPECT_EQ(plan.progress_interval, options_.progress_interval);
  EXPECT_FALSE(plan.json || plan.cursor.until.has_value());
}

TEST_F(SubscribeRequestTest, StartPointSelectsPlace) {
  request_.set_at(v1::START_POINT_EARLIEST);
  EXPECT_EQ(Start(), 0u);
  request_.set_at(v1::START_POINT_LATEST);
  EXPECT_EQ(Start(), 30u);
  request_.set_at(v1::START_POINT_SNAPSHOT);
  EXPECT_TRUE(Plan().value().snapshot.has_value());
  request_.set_at(static_cast<v1::StartPoint>(77));
  EXPECT_EQ(BadField(), "at");
}

TEST_F(SubscribeRequestTest, EarliestOfTrimmedLogIsOldestChange) {
  log_.TrimBefore(8);
  request_.set_at(v1::START_POINT_EARLIEST);
  EXPECT_EQ(Start() + 1, log_.feed().range().oldest.value);
}

TEST_F(SubscribeRequestTest, TokenResolvesToItsPlace) {
  request_.set_resume_token(TokenAt(14));
  EXPECT_EQ(Start(), 14u);
  EXPECT_TRUE(Plan()->cursor.start.inside_transaction);
  request_.set_resume_token("nonsense");
  EXPECT_EQ(ReasonOf(Plan()), "TOKEN_MALFORMED");
}

TEST_F(SubscribeRequestTest, CommitTimeIsRoundedToTheNextMicrosecond) {
  request_.mutable_commit_time()->set_seconds(5);
  EXPECT_EQ(Start(), 12u);
  request_.mutable_commit_time()->set_nanos(1);
  EXPECT_EQ(Start(), 15u);
}

TEST_F(SubscribeRequestTest, CommitTimeMustBeATime) {
  request_.mutable_commit_time()->set_seconds(-1);
  EXPECT_EQ(BadField(), "commit_time");
  request_.mutable_commit_time()->set_seconds(INT64_MAX);
  EXPECT_EQ(BadField(), "commit_time");
  request_.mutable_commit_time()->set_seconds(1);
  request_.mutable_commit_time()->set_nanos(1'000'000'000);
  EXPECT_EQ(BadField(), "commit_time");
}

TEST_F(SubscribeRequestTest, GtidSetResolvesToFirstMissingTransaction) {
  request_.set_gtid_set(GtidTextOf(1) + "-4");
  EXPECT_EQ(Start(), 12u);
  request_.set_gtid_set("no set");
  EXPECT_EQ(ReasonOf(Plan()), "GTID_SET_MALFORMED");
  request_.set_gtid_set("0-1-7");
  EXPECT_EQ(ReasonOf(Plan()), "GTID_SET_MALFORMED");
}

TEST_F(SubscribeRequestTest, SubscriptionResumesAtItsPosition) {
  request_.set_subscription("billing");
  EXPECT_EQ(Start(), 0u);
  const Token token = Token::Parse(TokenAt(9)).value();
  ASSERT_TRUE(log_.subscriptions().Commit("billing", token).ok());
  EXPECT_EQ(Start(), 9u);
  request_.set_subscription("no name");
  EXPECT_EQ(ReasonOf(Plan()), "SUBSCRIPTION_NAME_INVALID");
}

TEST_F(SubscribeRequestTest, ClientNameIsPrintableText) {
  for (const std::string& name : {std::string(), std::string("billing on app-3"),
                                  std::string("räksmörgås 🦐"), std::string(128, 'x')}) {
    request_.set_client_name(name);
    EXPECT_TRUE(Plan().ok()) << name;
  }
  for (const std::string& name :
       {std::string(129, 'x'), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
        std::string("\xc2\x9b[2J"), std::string("\xe2\x80\xae"), std::string("\xe2\x81\xa6")}) {
    request_.set_client_name(name);
    EXPECT_EQ(BadField(), "client_name") << name;
  }
}

TEST_F(SubscribeRequestTest, SequenceOfThisLogIsAPlace) {
  request_.mutable_after()->set_sequence(7);
  EXPECT_EQ(Start(), 7u);
  request_.mutable_after()->set_log_id(LogIdText(log_.log().log_id()));
  EXPECT_EQ(Start(), 7u);
  request_.mutable_after()->set_log_id("0123456789abcdef");
  EXPECT_EQ(ReasonOf(Plan()), "TOKEN_OF_ANOTHER_LOG");
  request_.mutable_after()->clear_log_id();
  request_.mutable_after()->set_sequence(31);
  EXPECT_EQ(ReasonOf(Plan()), "TOKEN_AHEAD");
}

TEST_F(SubscribeRequestTest, TablesAndOperationsAreChecked) {
  request_.add_tables("shop.orders");
  EXPECT_EQ(ReasonOf(Plan()), "OK");
  request_.add_tables("shop.nope");
  EXPECT_EQ(ReasonOf(Plan()), "TABLE_UNKNOWN");
  request_.set_tables(1, "no pattern");
  EXPECT_EQ(ReasonOf(Plan()), "TABLE_PATTERN_MALFORMED");
  request_.clear_tables();
  request_.add_operations(static_cast<v1::Operation>(9));
  EXPECT_EQ(BadField(), "operations");
}

TEST_F(SubscribeRequestTest, EncodingMustBeKnown) {
  request_.set_row_encoding(v1::ROW_ENCODING_JSON);
  EXPECT_TRUE(Plan()->json);
  request_.set_row_encoding(static_cast<v1::RowEncoding>(9));
  EXPECT_EQ(BadField(), "row_encoding");
}

TEST_F(SubscribeRequestTest, ProgressIntervalIsBounded) {
  request_.mutable_progress_interval()->set_seconds(3);
  EXPECT_EQ(Plan()->progress_interval, 3 * kSecond);
  request_.mutable_progress_interval()->set_seconds(0);
  EXPECT_EQ(Plan()->progress_interval, kSecond / 10);
  request_.mutable_progress_interval()->set_seconds(-1);
  EXPECT_EQ(BadField(), "progress_interval");
  request_.mutable_progress_interval()->set_seconds(INT64_MAX);
  EXPECT_EQ(BadField(), "progress_interval");
}

TEST_F(SubscribeRequestTest, ResponseBytesAreBounded) {
  request_.set_max_response_bytes(1);
  EXPECT_EQ(Plan()->cursor.response_bytes_max, 1024u);
  request_.set_max_response_bytes(UINT32_MAX);
  EXPECT_EQ(Plan()->cursor.response_bytes_max, 3u << 20);
  request_.set_max_response_bytes(5000);
  EXPECT_EQ(Plan()->cursor.response_bytes_max, 5000u);
}

TEST_F(SubscribeRequestTest, UntilIsResolvedBySequenceOrGtid) {
  request_.set_until_token(TokenAt(6));
  EXPECT_EQ(Plan()->cursor.until->value, 6u);
  Token ahead = Token::Parse(TokenAt(6)).value();
  ahead.sequence = {1000};
  request_.set_until_token(ahead.ToString());
  EXPECT_EQ(Plan()->cursor.until->value, 1000u);
  Token foreign = Token::Parse(TokenAt(6)).value();
  foreign.log_id ^= 1;
  request_.set_until_token(foreign.ToString());
  EXPECT_EQ(Plan()->cursor.until->value, 6u);
  request_.set_until_token("x");
  EXPECT_EQ(ReasonOf(Plan()), "TOKEN_MALFORMED");
}

}  // namespace
}  // namespace millrace::api
