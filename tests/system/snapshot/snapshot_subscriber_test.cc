// SPDX-License-Identifier: Apache-2.0

// Streams that start at SNAPSHOT: first the current rows, then later changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "millrace/subscription.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::SubscribeRequest FromSnapshot() {
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_SNAPSHOT);
  request.add_tables("shop.*");
  request.set_max_response_bytes(2048);
  request.mutable_progress_interval()->set_nanos(100'000'000);
  return request;
}

class SnapshotSubscriber : public ::testing::TestWithParam<Flavour> {
 protected:
  // A subscriber with its own model, which outlives its streams.
  struct Subscriber {
    SnapshotModel model;
    v1::SubscribeRequest request = FromSnapshot();
  };
  Subscriber NewSubscriber(const std::vector<std::string>& names) {
    std::vector<SnapshotTableSpec> tables;
    for (const std::string& name : names) tables.push_back(shop_.Table(name));
    Subscriber subscriber{.model = ModelOf(shop_.feed(), tables)};
    subscriber.model.ExpectCatchUp();
    return subscriber;
  }
  // Follows one stream: at most `batches` responses with changes, or to the end of the request.
  // True: the stream ended.
  bool Follow(Subscriber& subscriber, uint64_t batches) {
    const auto stream = shop_.feed().client().Subscribe({.request = subscriber.request});
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    for (uint64_t i = 0; i < batches && absl::Now() < deadline;) {
      const auto batch = stream->Next();
      EXPECT_TRUE(batch.ok()) << batch.status();
      if (!batch.ok() || !batch->has_value()) return true;
      for (const v1::Transaction& transaction : (*batch)->transactions()) {
        for (const v1::Change& change : transaction.changes()) subscriber.model.Apply(change);
      }
      i += (*batch)->transactions().empty() ? 0 : 1;
      subscriber.request.set_resume_token((*batch)->resume_token());
    }
    return false;
  }
  // Follows the stream to the source's current position and compares.
  void FollowToNowAndCompare(Subscriber& subscriber, const std::vector<std::string>& names) {
    subscriber.request.set_until_token(ChangeReader(shop_.feed()).CurrentToken(shop_.sql()));
    EXPECT_TRUE(Follow(subscriber, 1'000'000));
    EXPECT_THAT(subscriber.model.violations(), IsEmpty())
        << HistoryOfViolation(subscriber.model, shop_.feed());
    for (const std::string& name : names) {
      EXPECT_THAT(Differences(subscriber.model, shop_.feed(), shop_.sql(), shop_.Table(name)),
                  IsEmpty());
    }
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(SnapshotSubscriber, SubscriberResumedTenTimesHasAllRows) {
  shop_.Fill("pair", 2000);
  shop_.Fill("name_ci", 2000);
  shop_.StartFeed({"mode: initial", "chunk_rows_max: 200"});
  shop_.admin().WaitUntilOver();
  auto load = shop_.Write({"pair", "name_ci"}, 2500, std::chrono::milliseconds(1));
  Subscriber subscriber = NewSubscriber({"pair", "name_ci"});
  for (int i = 0; i < 10; ++i) Follow(subscriber, 5);
  load->Stop();
  FollowToNowAndCompare(subscriber, {"pair", "name_ci"});
  EXPECT_GT(subscriber.model.counts().reads, 3000u);
}

TEST_P(SnapshotSubscriber, FirstSubscriberStartsTheReading) {
  shop_.Fill("pair", 2000);
  shop_.Fill("keyless", 500);
  shop_.StartFeed({"mode: initial", "rows_per_second: 2000", "chunk_rows_max: 200"});
  ChangeReader(shop_.feed()).CurrentToken(shop_.sql());
  v1::SubscribeRequest request = FromSnapshot();
  const auto stream = shop_.feed().client().Subscribe({.request = request});
  uint64_t reads = 0;
  while (reads < 2500) {
    const auto batch = stream->Next();
    ASSERT_TRUE(batch.ok() && batch->has_value()) << batch.status();
    for (const v1::Transaction& transaction : (*batch)->transactions()) {
      for (const v1::Change& change : transaction.changes()) {
        reads += change.operation() == v1::OPERATION_READ ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(reads, 2500u);
}

TEST_P(SnapshotSubscriber, SecondSubscriberUsesTheLog) {
  shop_.Fill("pair", 1000);
  shop_.StartFeed({"mode: initial"});
  shop_.admin().WaitUntilOver();
  for (int i = 0; i < 2; ++i) {
    shop_.sql().MustExecute("UPDATE shop.pair SET n = n + 1 WHERE a = 0");
    Subscriber subscriber = NewSubscriber({"pair"});
    FollowToNowAndCompare(subscriber, {"pair"});
    EXPECT_EQ(subscriber.model.counts().reads, 1000u);
  }
  EXPECT_THAT(TablesOf(shop_.admin().List(), "pair"), SizeIs(1));
}

TEST_P(SnapshotSubscriber, SourceIsReadAgainAfterAlter) {
  shop_.Fill("pair", 1000);
  shop_.StartFeed({"mode: initial"});
  shop_.admin().WaitUntilOver();
  shop_.sql().MustExecute("ALTER TABLE shop.pair MODIFY note VARCHAR(99)");
  ChangeReader(shop_.feed()).CurrentToken(shop_.sql());
  Subscriber subscriber = NewSubscriber({"pair"});
  FollowToNowAndCompare(subscriber, {"pair"});
  EXPECT_THAT(TablesOf(shop_.admin().List(), "pair"), SizeIs(2));
}

TEST_P(SnapshotSubscriber, FilterLimitsTheRowsToItsTables) {
  shop_.Fill("pair", 500);
  shop_.Fill("bytes", 500);
  shop_.StartFeed({"mode: initial"});
  shop_.admin().WaitUntilOver();
  Subscriber subscriber = NewSubscriber({"pair", "bytes"});
  subscriber.request.set_tables(0, "shop.bytes");
  FollowToNowAndCompare(subscriber, {"bytes"});
  EXPECT_THAT(subscriber.model.Rows("shop.pair"), IsEmpty());
}

TEST_P(SnapshotSubscriber, StatementsDoNotExpireAStartedSnapshot) {
  shop_.Fill("pair", 800);
  shop_.Fill("name_ci", 800);
  shop_.Fill("bytes", 800);
  shop_.StartFeed({"mode: initial"});
  shop_.admin().WaitUntilOver();
  Subscriber subscriber = NewSubscriber({"pair", "name_ci", "bytes"});
  Follow(subscriber, 3);
  ASSERT_LT(subscriber.model.counts().reads, 800u);
  shop_.sql().MustExecute("TRUNCATE TABLE shop.pair");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1), (-900, 'y', 2)");
  shop_.sql().MustExecute("ALTER TABLE shop.bytes MODIFY note VARCHAR(99)");
  const auto again = shop_.admin().Start({"shop.name_ci", "shop.bytes"});
  ASSERT_TRUE(again.ok()) << again.status();
  shop_.admin().WaitUntilOver(again->snapshot());
  Follow(subscriber, 3);
  shop_.feed().Kill();
  shop_.feed().Start();
  FollowToNowAndCompare(subscriber, {"pair", "name_ci", "bytes"});
}

TEST_P(SnapshotSubscriber, EqualRowsWithoutKeyKeepTheirCount) {
  shop_.Fill("keyless", 1500);
  shop_.StartFeed({"mode: initial"});
  shop_.admin().WaitUntilOver();
  auto load = shop_.Write({"keyless"}, 1500, std::chrono::milliseconds(5));
  Subscriber subscriber = NewSubscriber({"keyless"});
  for (int i = 0; i < 10; ++i) Follow(subscriber, 3);
  load->Stop();
  FollowToNowAndCompare(subscriber, {"keyless"});
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotSubscriber,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
