// SPDX-License-Identifier: Apache-2.0

// Mirrors and brokers that go and come back: each change is in Kafka once, in order.

#include <atomic>
#include <string>

#include "kafka_mirror/mirror_fixture.h"

namespace millrace::kafka {
namespace {

TEST_F(MirrorTest, OneAfterTheOtherGoOnWhereTheLastCommitted) {
  options_.transaction.records_max = 3;
  uint64_t number = 0;
  for (int round = 0; round < 10; ++round) {
    const auto mirror = StartMirror();
    const uint64_t before = log_.newest();
    for (int i = 0; i < 20; ++i) log_.Inserts(++number, 7);
    log_.Commit();
    // Somewhere on its way.
    ASSERT_TRUE(Reaches(*mirror, before + 10 * round));
  }
  const auto last = StartMirror();
  ASSERT_TRUE(Reaches(*last, log_.newest()));
  EXPECT_EQ(Sequences(log_.newest()), UpTo(log_.newest()));
}

TEST_F(MirrorTest, WhatAKilledMirrorDidNotCommitIsSentAgain) {
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

TEST_F(MirrorTest, ABrokerThatIsKilledAndComesBackHasEachChangeOnce) {
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

TEST_F(MirrorTest, ABrokerThatHangsHoldsItUpAndNoMore) {
  options_.transaction.records_max = 10;
  const auto mirror = StartMirror();
  log_.Inserts(1, 200);
  log_.Commit();
  ASSERT_TRUE(Reaches(*mirror, 50));
  broker().Pause();
  log_.Inserts(2, 200);
  log_.Commit();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason() == "MIRROR_UNREACHABLE"; }));
  EXPECT_EQ(mirror->Status().state(), v1::MirrorStatus::STATE_CONNECTING);
  broker().Resume();
  ASSERT_TRUE(Reaches(*mirror, 400));
  EXPECT_EQ(mirror->Status().error_reason(), "");
  EXPECT_EQ(Sequences(400), UpTo(400));
}

TEST_F(MirrorTest, ATransactionThatTheBrokerTimedOutIsSentAgain) {
  options_.client["transaction.timeout.ms"] = "1500";
  log_.Inserts(1, 50);
  log_.Commit();
  // The broker ends the first transaction in the middle, as if another mirror had come.
  std::atomic<bool> slow{true};
  after_first_ = [&] {
    if (slow.exchange(false)) absl::SleepFor(absl::Seconds(4));
  };
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 50));
  EXPECT_EQ(mirror->Status().transactions_aborted(), 1);
  EXPECT_EQ(Sequences(50), UpTo(50));
}

TEST_F(MirrorTest, ABrokerThatIsNotThereYetIsWaitedFor) {
  ASSERT_TRUE(broker().Stop().ok());
  log_.Inserts(1, 5);
  log_.Commit();
  const auto mirror = StartMirror();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason() == "MIRROR_UNREACHABLE"; }));
  EXPECT_EQ(mirror->Status().state(), v1::MirrorStatus::STATE_CONNECTING);
  EXPECT_EQ(mirror->HoldFrom(), Sequence{0});
  ASSERT_TRUE(broker().Restart().ok());
  ASSERT_TRUE(Reaches(*mirror, 5));
  EXPECT_EQ(Sequences(5), UpTo(5));
}

TEST_F(MirrorTest, StopsSoonWhileTheBrokerHangs) {
  log_.Inserts(1, 50);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 50));
  broker().Pause();
  log_.Inserts(2, 50);
  log_.Commit();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason() == "MIRROR_UNREACHABLE"; }));
  EXPECT_TRUE(mirror->StopWithin(absl::Seconds(2)));
  broker().Resume();
}

TEST_F(MirrorTest, StopsSoonWhileThereIsNoBroker) {
  options_.brokers = "127.0.0.1:1";
  const auto mirror = StartMirror();
  EXPECT_TRUE(Eventually([&] { return mirror->Status().error_reason() == "MIRROR_UNREACHABLE"; }));
  EXPECT_TRUE(mirror->StopWithin(absl::Seconds(2)));
}

}  // namespace
}  // namespace millrace::kafka
