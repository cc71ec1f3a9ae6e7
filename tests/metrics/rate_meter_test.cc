// SPDX-License-Identifier: Apache-2.0

#include "metrics/rate_meter.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

class FakeClock final : public Clock {
 public:
  Micros WallMicros() const override { return 0; }
  Micros SteadyMicros() const override { return now_; }
  void Advance(double seconds) { now_ += static_cast<Micros>(seconds * 1e6); }

 private:
  Micros now_ = 5'000'000;
};

class RateMeterTest : public testing::Test {
 protected:
  // Counts `per_second` for `seconds`, reading every `step` seconds; returns the last rate.
  double Run(double per_second, double seconds, double step) {
    double rate = 0;
    for (double at = 0; at < seconds - step / 2; at += step) {
      clock_.Advance(step);
      count_ += per_second * step;
      rate = meter_.PerSecond(static_cast<uint64_t>(count_));
    }
    return rate;
  }

  FakeClock clock_;
  RateMeter meter_{clock_};
  double count_ = 0;
};

TEST_F(RateMeterTest, IsZeroBeforeTimePasses) { EXPECT_EQ(meter_.PerSecond(100), 0); }

TEST_F(RateMeterTest, FirstSecondsCountFromTheStart) { EXPECT_DOUBLE_EQ(Run(100, 2, 1), 100); }

TEST_F(RateMeterTest, ForgetsCountsBeforeTheWindow) {
  Run(1'000'000, 60, 1);
  EXPECT_DOUBLE_EQ(Run(100, 11, 1), 100);
}

TEST_F(RateMeterTest, FallsToZeroWhenCountingStops) {
  Run(100, 20, 1);
  EXPECT_DOUBLE_EQ(Run(0, 5, 1), 50);
  EXPECT_DOUBLE_EQ(Run(0, 6, 1), 0);
}

TEST_F(RateMeterTest, FrequentReadsKeepTheWindow) {
  Run(1'000'000, 30, 0.01);
  EXPECT_NEAR(Run(100, 12, 0.01), 100, 1);
}

TEST_F(RateMeterTest, RareReadsUseThePreviousReading) {
  Run(1000, 60, 60);
  EXPECT_DOUBLE_EQ(Run(100, 60, 60), 100);
}

TEST_F(RateMeterTest, FallingCountReturnsZero) {
  Run(100, 5, 1);
  clock_.Advance(1);
  EXPECT_EQ(meter_.PerSecond(0), 0);
}

}  // namespace
}  // namespace millrace
