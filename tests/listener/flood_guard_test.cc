// SPDX-License-Identifier: Apache-2.0

#include "listener/flood_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::listener {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
constexpr char kHost[] = "192.0.2.7";

class FloodGuardTest : public ::testing::Test {
 protected:
  using Verdict = FloodGuard::Verdict;

  FloodGuardTest() { Add(1); }
  void Add(FloodGuard::Id id, const std::string& host = kHost) {
    guard_.Add(id, host);
    activity_[id] = {};
  }
  // `millis` later the connection has done this as well.
  std::optional<Verdict> Do(FloodGuard::Id id, const Activity& more, double millis = 2) {
    now_ += static_cast<Micros>(millis * 1000);
    Activity& all = activity_[id];
    all.read += more.read;
    all.acknowledged += more.acknowledged;
    all.calls += more.calls;
    all.message_bytes += more.message_bytes;
    all.dropped_calls += more.dropped_calls;
    guard_.Count(id, all, now_);
    return guard_.Judge(id, growth_bytes_);
  }
  // Does `each` so often; true if it is never closed.
  bool Survives(const Activity& each, int times, double millis = 2) {
    for (int i = 0; i < times; ++i) {
      if (Do(1, each, millis).has_value()) return false;
    }
    return true;
  }

  FloodGuard guard_;
  Micros now_ = 1'000'000'000;
  uint64_t growth_bytes_ = 0;
  absl::flat_hash_map<FloodGuard::Id, Activity> activity_;
};

TEST_F(FloodGuardTest, HeadersWithoutEndAreCut) {
  std::optional<Verdict> verdict;
  uint64_t sent = 0;
  while (!verdict.has_value() && sent < 2 * kMiB) {
    verdict = Do(1, {.read = 20 * kKiB});
    sent += 20 * kKiB;
  }
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->connection, 1u);
  EXPECT_EQ(verdict->reason, CutReason::kUnansweredBytes);
  EXPECT_LT(sent, 400 * kKiB);
}

TEST_F(FloodGuardTest, HeadersWithoutEndAreCutHoweverSlowTheyCome) {
  EXPECT_FALSE(Survives({.read = 100}, 20'000, /*millis=*/60'000));
}

TEST_F(FloodGuardTest, RequestOf256KibibytesIsAccepted) {
  for (int request = 0; request < 100; ++request) {
    ASSERT_TRUE(Survives({.read = 64 * kKiB}, 4));
    ASSERT_TRUE(Survives({.read = 300, .calls = 1, .message_bytes = 256 * kKiB}, 1));
  }
}

TEST_F(FloodGuardTest, SmallCallsAreAccepted) {
  EXPECT_TRUE(Survives({.read = 40 * 300, .acknowledged = 40 * 60, .calls = 40}, 100'000));
}

TEST_F(FloodGuardTest, LargeTokensAreAcceptedAtAnyRate) {
  EXPECT_TRUE(Survives({.read = 40 * 66 * kKiB,
                        .acknowledged = 40 * 60,
                        .calls = 40,
                        .message_bytes = 40 * 64 * kKiB},
                       10'000));
}

TEST_F(FloodGuardTest, AcknowledgedMessagesAreAccepted) {
  // A frame of TLS for each message of 150 bytes, 5,000 a second; and bulk at 1.5 GB/s.
  EXPECT_TRUE(Survives({.read = 10 * 60, .acknowledged = 10 * 186}, 1'000'000));
  EXPECT_TRUE(Survives({.read = 10 * kKiB, .acknowledged = 3000 * kKiB}, 1'000'000));
}

TEST_F(FloodGuardTest, IdleConnectionsAreAcceptedForYears) {
  // Both ask whether the other lives.
  EXPECT_TRUE(Survives({.read = 2 * 39, .acknowledged = 2 * 39}, 1'000'000, /*millis=*/30'000));
}

TEST_F(FloodGuardTest, BytesThatWereSentEarlierAccountForNothing) {
  ASSERT_TRUE(Survives({.acknowledged = 1000 * kMiB}, 1));
  EXPECT_FALSE(Survives({.read = kMiB}, 2));
}

TEST_F(FloodGuardTest, ConnectionsOfAPeerShareTheLimit) {
  for (FloodGuard::Id id = 2; id <= 10; ++id) Add(id);
  std::optional<Verdict> verdict;
  for (FloodGuard::Id id = 1; id <= 10 && !verdict.has_value(); ++id) {
    verdict = Do(id, {.read = (60 + id) * kKiB});
  }
  ASSERT_TRUE(verdict.has_value());
  // The one that sent most of those looked at so far.
  EXPECT_EQ(verdict->connection, 7u);
}

TEST_F(FloodGuardTest, TheHeaviestOfAPeerIsCutNotTheLast) {
  Add(2);
  ASSERT_FALSE(Do(1, {.read = 300 * kKiB}).has_value());
  const auto verdict = Do(2, {.read = 60 * kKiB});
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->connection, 1u);
  // What it sent counts no more.
  EXPECT_FALSE(Do(2, {.read = 100 * kKiB}).has_value());
  EXPECT_FALSE(Do(1, {.read = 300 * kKiB}).has_value());
}

TEST_F(FloodGuardTest, OtherPeersAreLeftAlone) {
  Add(2, "192.0.2.8");
  ASSERT_FALSE(Do(1, {.read = 300 * kKiB}).has_value());
  EXPECT_FALSE(Do(2, {.read = 300 * kKiB}).has_value());
}

TEST_F(FloodGuardTest, ManyConnectionsThatSayHelloAreAccepted) {
  for (FloodGuard::Id id = 2; id <= 1000; ++id) Add(id);
  for (FloodGuard::Id id = 1; id <= 1000; ++id) {
    EXPECT_FALSE(Do(id, {.read = 12 * kKiB}).has_value());
  }
}

TEST_F(FloodGuardTest, CallsDroppedAtOnceAreCut) {
  std::optional<Verdict> verdict;
  int dropped = 0;
  for (; !verdict.has_value() && dropped < 5000; dropped += 20) {
    verdict = Do(1, {.read = 20 * 60, .dropped_calls = 20});
  }
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->reason, CutReason::kDroppedCalls);
  EXPECT_LT(dropped, 1200);
}

TEST_F(FloodGuardTest, CallsDroppedNowAndThenAreAccepted) {
  // 100 calls in flight, each given up after 250 ms.
  EXPECT_TRUE(Survives({.read = 100 * 300, .dropped_calls = 100}, 10'000, 250));
}

TEST_F(FloodGuardTest, TheConnectionThatDropsMostIsCut) {
  Add(2);
  ASSERT_FALSE(Do(1, {.dropped_calls = 900}).has_value());
  const auto verdict = Do(2, {.dropped_calls = 200});
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->connection, 1u);
}

TEST_F(FloodGuardTest, FewerBytesAreEnoughWhileMemoryGrows) {
  for (FloodGuard::Id id = 2; id <= 10; ++id) Add(id, std::to_string(id));
  growth_bytes_ = 65 * kMiB;
  ASSERT_FALSE(Do(1, {.read = 30 * kKiB}).has_value()) << "a usual connection is no suspect";
  std::optional<Verdict> verdict;
  FloodGuard::Id id = 2;
  for (; id <= 10 && !verdict.has_value(); ++id) verdict = Do(id, {.read = (33 + id) * kKiB});
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->connection, id - 1);
  // Until those left have few.
  EXPECT_FALSE(Do(1, {.read = 10}).has_value());
  EXPECT_FALSE(guard_.has_suspects());
}

TEST_F(FloodGuardTest, GrowthOfMemoryAloneCutsNobody) {
  growth_bytes_ = 1000 * kMiB;
  EXPECT_TRUE(Survives({.read = 40 * 300, .acknowledged = 40 * 60, .calls = 40}, 1000));
  EXPECT_TRUE(Survives({.read = 10 * 60, .acknowledged = 10 * 186}, 10'000));
}

TEST_F(FloodGuardTest, RemovedConnectionsCountNoMore) {
  Add(2);
  ASSERT_FALSE(Do(1, {.read = 300 * kKiB}).has_value());
  guard_.Remove(1);
  EXPECT_EQ(guard_.UnansweredBytesOf(kHost), 0u);
  EXPECT_FALSE(Do(2, {.read = 300 * kKiB}).has_value());
  guard_.Remove(2);
  guard_.Remove(2);
}

}  // namespace
}  // namespace millrace::listener
