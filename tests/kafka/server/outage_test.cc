// SPDX-License-Identifier: Apache-2.0

// Mirrors and brokers that stop and restart: each change is in Kafka once, in order.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "kafka/server/mirror_fixture.h"
#include "spdlog/details/null_mutex.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/spdlog.h"

namespace millrace::kafka {
namespace {

TEST_F(MirrorTest, NextMirrorResumesAfterLastCommit) {
  options_.transaction.records_max = 3;
  uint64_t number = 0;
  for (int round = 0; round < 10; ++round) {
    const auto mirror = StartMirror();
    const uint64_t before = log_.newest();
    for (int i = 0; i < 20; ++i) log_.Inserts(++number, 7);
    log_.Commit();
    // Stop this mirror somewhere in the middle.
    ASSERT_TRUE(Reaches(*mirror, before + 10 * round));
  }
  const auto last = StartMirror();
  ASSERT_TRUE(Reaches(*last, log_.newest()));
  EXPECT_EQ(Sequences(log_.newest()), UpTo(log_.newest()));
}

TEST_F(MirrorTest, UncommittedRecordsOfKilledMirrorAreResent) {
  log_.Inserts(1, 3);
  log_.Commit();
  {
    const auto mirror = StartMirror();
    ASSERT_TRUE(Reaches(*mirror, 3));
  }
  auto killed = KafkaProducer::MustOpen(options_.brokers, "millrace-" + options_.topic_prefix);
  ASSERT_TRUE(killed.Begin().ok());
  for (uint64_t sequence = 4; sequence < 8; ++sequence) {
    ASSERT_TRUE(killed
                    .Send({.topic = TopicOf("orders"),
                           .value = "half",
                           .headers = {{"millrace.sequence", std::to_string(sequence)}}})
                    .ok());
  }
  ASSERT_TRUE(killed.Flush().ok());
  log_.Inserts(2, 6);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 9));
  EXPECT_EQ(Sequences(9), UpTo(9));
}

TEST_F(MirrorTest, KilledBrokerGetsEachChangeOnce) {
  options_.transaction.records_max = 10;
  const auto mirror = StartMirror();
  uint64_t number = 0;
  for (int round = 0; round < 3; ++round) {
    const uint64_t before = log_.newest();
    for (int i = 0; i < 100; ++i) log_.Inserts(++number, 10);
    log_.Commit();
    ASSERT_TRUE(Reaches(*mirror, before + 100));
    broker().Kill();
    log_.Inserts(++number, 10);
    log_.Commit();
    ASSERT_TRUE(broker().Restart().ok());
  }
  ASSERT_TRUE(Reaches(*mirror, log_.newest()));
  EXPECT_EQ(Sequences(log_.newest()), UpTo(log_.newest()));
}

TEST_F(MirrorTest, HangingBrokerOnlyDelaysMirror) {
  options_.transaction.records_max = 10;
  const auto mirror = StartMirror();
  log_.Inserts(1, 200);
  log_.Commit();
  ASSERT_TRUE(Reaches(*mirror, 50));
  broker().Pause();
  log_.Inserts(2, 200);
  log_.Commit();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason == "MIRROR_UNREACHABLE"; }));
  EXPECT_EQ(mirror->Status().state, MirrorState::kConnecting);
  broker().Resume();
  ASSERT_TRUE(Reaches(*mirror, 400));
  EXPECT_EQ(mirror->Status().error_reason, "");
  EXPECT_EQ(Sequences(400), UpTo(400));
}

// A log sink that blocks librdkafka's thread while it reports refused records, until the client is
// destroyed or three seconds have passed.
class RefusalReportBlocker final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  bool refused() const {
    absl::MutexLock lock(&mutex_);
    return refused_;
  }
  bool destroyed_with_records() const {
    absl::MutexLock lock(&mutex_);
    return destroyed_with_records_;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    absl::MutexLock lock(&mutex_);
    destroyed_with_records_ |= text.find("Producer terminating with") != std::string_view::npos;
    // Reported for a record or for the position after it, depending on the broker's first response.
    if (text.find("Fatal transaction error:") == std::string_view::npos) return;
    refused_ = true;
    mutex_.AwaitWithTimeout(absl::Condition(&destroyed_with_records_), absl::Seconds(3));
  }
  void flush_() override {}

  mutable absl::Mutex mutex_;
  bool refused_ = false;
  bool destroyed_with_records_ = false;
};

// The fenced producer has records in flight when it is destroyed, which can crash librdkafka.
TEST_F(MirrorTest, TimedOutTransactionIsResent) {
  const auto held = std::make_shared<RefusalReportBlocker>();
  spdlog::default_logger()->sinks().push_back(held);
  options_.client["transaction.timeout.ms"] = "1500";
  log_.Inserts(1, 50);
  log_.Commit();
  // The broker fences the producer in the middle of the first transaction, as for another mirror.
  std::atomic<bool> slow{true};
  after_first_record_ = [&] {
    if (slow.exchange(false)) absl::SleepFor(absl::Seconds(4));
  };
  {
    const auto mirror = StartMirror();
    EXPECT_TRUE(Reaches(*mirror, 50));
    EXPECT_EQ(mirror->Status().transactions_aborted, 1);
  }
  spdlog::default_logger()->sinks().pop_back();
  EXPECT_TRUE(held->refused());
  EXPECT_FALSE(held->destroyed_with_records());
  EXPECT_EQ(Sequences(50), UpTo(50));
}

TEST_F(MirrorTest, MirrorWaitsForMissingBroker) {
  ASSERT_TRUE(broker().Stop().ok());
  log_.Inserts(1, 5);
  log_.Commit();
  const auto mirror = StartMirror();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason == "MIRROR_UNREACHABLE"; }));
  EXPECT_EQ(mirror->Status().state, MirrorState::kConnecting);
  EXPECT_EQ(mirror->HoldFrom(), Sequence{0});
  ASSERT_TRUE(broker().Restart().ok());
  ASSERT_TRUE(Reaches(*mirror, 5));
  EXPECT_EQ(Sequences(5), UpTo(5));
}

TEST_F(MirrorTest, StopsSoonWhileBrokerHangs) {
  log_.Inserts(1, 50);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 50));
  broker().Pause();
  log_.Inserts(2, 50);
  log_.Commit();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason == "MIRROR_UNREACHABLE"; }));
  EXPECT_TRUE(mirror->StopWithin(absl::Seconds(2)));
  broker().Resume();
}

TEST_F(MirrorTest, StopsSoonWithoutBroker) {
  options_.brokers = "127.0.0.1:1";
  const auto mirror = StartMirror();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason == "MIRROR_UNREACHABLE"; }));
  EXPECT_TRUE(mirror->StopWithin(absl::Seconds(2)));
}

}  // namespace
}  // namespace millrace::kafka
