// SPDX-License-Identifier: Apache-2.0

#include "ingest/backoff.h"

#include <gtest/gtest.h>

namespace millrace::ingest {
namespace {

constexpr Micros kMin = 100;
constexpr Micros kMax = 1000;

TEST(BackoffTest, DoublesUpToTheMaximum) {
  Backoff backoff(kMin, kMax);
  for (const Micros wait : {100, 200, 400, 800, 1000, 1000}) EXPECT_EQ(backoff.After({}), wait);
}

TEST(BackoffTest, TransactionOrLongStreamIsProgress) {
  for (const Attempt& progress :
       {Attempt{.read_transaction = true}, Attempt{.streamed = kMax + 1}}) {
    Backoff backoff(kMin, kMax);
    backoff.After({});
    backoff.After({});
    EXPECT_EQ(backoff.After(progress), kMin);
    EXPECT_EQ(backoff.After({}), 2 * kMin);
  }
}

TEST(BackoffTest, ShortConnectionIsNoProgress) {
  Backoff backoff(kMin, kMax);
  backoff.After({});
  EXPECT_EQ(backoff.After({.streamed = kMax}), 2 * kMin);
}

TEST(BackoffTest, RepeatedlyEndedStreamMustLastTwiceAsLong) {
  Backoff backoff(kMin, kMax);
  const auto ended = [](Micros streamed) {
    return Attempt{
        .policy = RetryPolicy::kWaitKeepingBackoff, .read_transaction = true, .streamed = streamed};
  };
  for (const Micros wait : {100, 200, 400, 800, 1000}) {
    EXPECT_EQ(backoff.After(ended(2 * kMax)), wait);
  }
  EXPECT_EQ(backoff.After(ended(2 * kMax + 1)), kMin);
}

TEST(BackoffTest, ResetRestartsAtMinimum) {
  Backoff backoff(kMin, kMax);
  backoff.After({});
  backoff.Reset();
  EXPECT_EQ(backoff.After({}), kMin);
}

}  // namespace
}  // namespace millrace::ingest
