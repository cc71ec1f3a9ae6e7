// SPDX-License-Identifier: Apache-2.0

// An unreachable broker does not affect subscribers. When it is back, the mirror catches up without
// losing or repeating a change.
//
// MILLRACE_KAFKA_OUTAGE_SECONDS: length of the outage, at full speed of the source (2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "millrace/subscription.h"
#include "support/kafka_broker.h"
#include "support/kafka_reader.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/kafka/kafka_fixture.h"
#include "system/kafka/kafka_ledger.h"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;

constexpr int kWriters = 2;
constexpr int kRowsPerTransaction = 2000;
constexpr absl::Duration kOutageReadMax = absl::Minutes(10);

absl::Duration OutageLength() {
  const char* const text = std::getenv("MILLRACE_KAFKA_OUTAGE_SECONDS");
  return absl::Seconds(text == nullptr ? 2 : std::atoi(text));
}

// What a subscriber receives while the source writes at full speed. Lag: from commit to arrival.
struct Burst {
  uint64_t changes = 0;
  double seconds = 0;
  double lag_seconds_max = 0;
  double rate() const { return static_cast<double>(changes) / seconds; }
};

class KafkaOutageTest : public ::testing::Test {
 protected:
  KafkaOutageTest()
      : source_(SourceServer::MustStart(
            {.options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"}})),
        sql_(source_->MustConnect()),
        broker_(KafkaBroker::MustStart()) {
    sql_.MustExecute("CREATE DATABASE shop");
    for (int i = 0; i < kWriters; ++i) {
      sql_.MustExecute(fmt::format(
          "CREATE TABLE shop.stock{} (id INT PRIMARY KEY AUTO_INCREMENT, n INT, note VARCHAR(40))",
          i));
      std::string rows = "(0, 'as it was in the beginning')";
      for (int row = 1; row < kRowsPerTransaction; ++row) rows += ", (0, 'and ever after')";
      sql_.MustExecute(fmt::format("INSERT INTO shop.stock{} (n, note) VALUES {}", i, rows));
    }
  }

  std::unique_ptr<FeedServer> StartMirror() {
    auto feed = FeedServer::MustStart(
        *source_,
        {.kafka = MirrorLines(*broker_, "outage",
                              {"format: protobuf", "client: {reconnect.backoff.max.ms: 200}"})});
    WaitForMirror(*feed, v1::MirrorStatus::STATE_RUNNING);
    return feed;
  }

  Burst Measure(FeedServer& feed, const std::string& what) {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_LATEST);
    const auto subscription = feed.client().Subscribe({.request = request, .retry = {}});
    EXPECT_TRUE(subscription->Open().ok());
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) writers.emplace_back([&, i] { WriteUntil(stop, i); });
    const Burst burst = ReadFor(OutageLength(), *subscription);
    stop.store(true);
    for (std::thread& writer : writers) writer.join();
    std::cout << fmt::format(
                     "{}: {:.0f} changes/s at a subscriber, at most {:.2f} s after their commit",
                     what, burst.rate(), burst.lag_seconds_max)
              << std::endl;
    return burst;
  }
  Burst MeasureWithoutMirror() {
    const auto feed = FeedServer::MustStart(*source_);
    return Measure(*feed, "without a mirror");
  }

  static void ExpectUnaffected(const Burst& burst, const Burst& without) {
    // Loose limits, since the machine may be busy; the figures are printed.
    EXPECT_GT(burst.rate(), without.rate() / 4);
    EXPECT_LT(burst.lag_seconds_max, without.lag_seconds_max + 5);
  }

  void ExpectCatchesUp(FeedServer& feed) {
    ChangeReader(feed).CurrentToken(sql_);
    const absl::Time begin = absl::Now();
    const v1::MirrorStatus behind = MirrorOf(feed);
    const uint64_t newest = behind.sequence() + behind.lag_changes();
    EXPECT_GT(behind.lag_changes(), 0u);
    while (MirrorOf(feed).sequence() < newest) {
      ASSERT_LT(absl::Now() - begin, kOutageReadMax) << MirrorOf(feed).ShortDebugString();
      PollPause();
    }
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    std::cout << fmt::format("{} changes caught up in {:.1f} s, {:.0f} changes/s",
                             behind.lag_changes(), seconds,
                             static_cast<double>(behind.lag_changes()) / seconds)
              << std::endl;
    EXPECT_THAT(Violations(newest), IsEmpty());
  }

  static void PollPause() { absl::SleepFor(absl::Milliseconds(10)); }

  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  std::unique_ptr<KafkaBroker> broker_;

 private:
  void WriteUntil(const std::atomic<bool>& stop, int writer) {
    SqlSession session = source_->MustConnect();
    while (!stop.load()) {
      session.MustExecute(fmt::format("UPDATE shop.stock{} SET n = n + 1", writer));
    }
  }

  static Burst ReadFor(absl::Duration length, client::Subscription& subscription) {
    Burst burst;
    const absl::Time begin = absl::Now();
    while (absl::Now() < begin + length) {
      const auto batch = subscription.Next();
      if (!batch.ok() || !batch->has_value()) {
        ADD_FAILURE() << batch.status();
        break;
      }
      for (const v1::Transaction& transaction : (*batch)->transactions()) {
        burst.changes += static_cast<uint64_t>(transaction.changes_size());
        const auto& time = transaction.commit_time();
        const absl::Time committed =
            absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
        burst.lag_seconds_max =
            std::max(burst.lag_seconds_max, absl::ToDoubleSeconds(absl::Now() - committed));
      }
    }
    burst.seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    return burst;
  }

  std::vector<std::string> Violations(uint64_t newest) {
    std::vector<std::string> violations;
    // A broker confirms a commit before readers can see all of it.
    for (int i = 0; i < 5; ++i) {
      KafkaLedger ledger;
      const absl::Status read =
          KafkaReader(broker_->bootstrap())
              .Visit(
                  TopicsOfMirror(broker_->bootstrap(), "outage"),
                  [&ledger](const KafkaRecord& record) { ledger.Add(record); }, kOutageReadMax);
      EXPECT_TRUE(read.ok()) << read;
      violations = ledger.Violations(newest);
      if (violations.empty()) break;
      PollPause();
    }
    return violations;
  }
};

TEST_F(KafkaOutageTest, BrokerOutageDoesNotAffectSubscribers) {
  Burst without = MeasureWithoutMirror();
  const auto feed = StartMirror();
  broker_->Kill();
  ExpectUnaffected(Measure(*feed, "with the broker killed"), without);
  ASSERT_TRUE(broker_->Restart().ok());
  ExpectCatchesUp(*feed);
  without = MeasureWithoutMirror();
  broker_->Pause();
  ExpectUnaffected(Measure(*feed, "with the broker halted"), without);
  broker_->Resume();
  ExpectCatchesUp(*feed);
}

}  // namespace
}  // namespace millrace::testing
