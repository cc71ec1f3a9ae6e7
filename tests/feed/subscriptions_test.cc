// SPDX-License-Identifier: Apache-2.0

#include "feed/subscriptions.h"

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubscriptionsTest : public ::testing::Test {
 protected:
  Token TokenAt(uint64_t sequence) {
    return {.log_id = log_.log().log_id(), .sequence = {sequence}, .gtids = {}};
  }
  std::string Commit(std::string_view name, uint64_t sequence) {
    return ReasonOf(log_.subscriptions().Commit(name, TokenAt(sequence)));
  }

  FilledLog log_;
};

TEST_F(SubscriptionsTest, CommittedPositionIsFound) {
  log_.clock().Pass(kSecond);
  EXPECT_EQ(Commit("billing", 7), "OK");
  const auto found = log_.subscriptions().Find("billing").value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->token, TokenAt(7));
  EXPECT_EQ(found->update_time, log_.clock().WallMicros());
}

TEST_F(SubscriptionsTest, PositionCanMoveBack) {
  Commit("billing", 7);
  Commit("billing", 3);
  EXPECT_EQ(log_.subscriptions().Find("billing").value()->token.sequence.value, 3u);
}

TEST_F(SubscriptionsTest, PositionsSurviveARestart) {
  Commit("b", 2);
  Commit("a", 1);
  const auto reopened = Subscriptions::Open(log_.log(), log_.clock()).value();
  std::vector<std::string> names;
  for (const Subscription& subscription : reopened->List()) names.push_back(subscription.name);
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_EQ(reopened->Find("b").value()->token, TokenAt(2));
}

TEST_F(SubscriptionsTest, DeletedPositionStaysDeletedAfterRestart) {
  Commit("a", 1);
  EXPECT_EQ(ReasonOf(log_.subscriptions().Delete("a")), "OK");
  EXPECT_EQ(ReasonOf(log_.subscriptions().Delete("a")), "SUBSCRIPTION_NOT_FOUND");
  EXPECT_FALSE(log_.subscriptions().Find("a").value().has_value());
  EXPECT_TRUE(Subscriptions::Open(log_.log(), log_.clock()).value()->List().empty());
}

TEST_F(SubscriptionsTest, NamesAreLettersDigitsAndThreeSymbols) {
  EXPECT_EQ(Commit("Az09._-", 1), "OK");
  EXPECT_EQ(Commit(std::string(255, 'x'), 1), "OK");
  for (const std::string& name : {std::string(), std::string(256, 'x'), std::string("a b"),
                                  std::string("a/b"), std::string("é"), std::string(1, '\0')}) {
    EXPECT_EQ(Commit(name, 1), "SUBSCRIPTION_NAME_INVALID") << name;
    EXPECT_EQ(ReasonOf(log_.subscriptions().Find(name)), "SUBSCRIPTION_NAME_INVALID");
    EXPECT_EQ(ReasonOf(log_.subscriptions().Delete(name)), "SUBSCRIPTION_NAME_INVALID");
  }
}

TEST_F(SubscriptionsTest, OldestIsLowestPositionOfThisLog) {
  EXPECT_FALSE(log_.subscriptions().Oldest().has_value());
  Commit("a", 9);
  Commit("b", 4);
  Token foreign = TokenAt(1);
  foreign.log_id ^= 1;
  EXPECT_EQ(ReasonOf(log_.subscriptions().Commit("c", foreign)), "OK");
  EXPECT_EQ(log_.subscriptions().Oldest()->value, 4u);
}

TEST_F(SubscriptionsTest, UnreadablePositionFailsOpen) {
  using log::RecordKind;
  for (const std::string& bytes : {std::string(), std::string("\0", 1), std::string(9, '\x01'),
                                   std::string("\x01") + std::string(8, '\0') + "no token"}) {
    ASSERT_TRUE(log_.log().PutRecords({{RecordKind::kSubscription, "x", bytes}}).ok());
    const auto opened = Subscriptions::Open(log_.log(), log_.clock());
    EXPECT_EQ(ReasonOf(opened), "LOG_DAMAGED");
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr("'x'"));
  }
}

TEST_F(SubscriptionsTest, NewerFormatOfPositionFailsOpen) {
  ASSERT_TRUE(log_.log().PutRecords({{log::RecordKind::kSubscription, "x", "\x02"}}).ok());
  EXPECT_EQ(ReasonOf(Subscriptions::Open(log_.log(), log_.clock())), "FORMAT_TOO_NEW");
}

TEST_F(SubscriptionsTest, NumberOfNamesIsBounded) {
  std::vector<log::Record> records;
  const std::string value = "\x01" + std::string(8, '\0') + TokenAt(1).ToString();
  for (int i = 0; i < 10'000; ++i) {
    records.push_back({log::RecordKind::kSubscription, "s" + std::to_string(i), value});
  }
  ASSERT_TRUE(log_.log().PutRecords(records).ok());
  const auto full = Subscriptions::Open(log_.log(), log_.clock()).value();
  const auto refused = full->Commit("one-more", TokenAt(1));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(full->Commit("s5", TokenAt(2))), "OK");
}

}  // namespace
}  // namespace millrace::feed
