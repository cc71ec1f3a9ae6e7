// SPDX-License-Identifier: Apache-2.0

#include "log/retention.h"

#include "gtest/gtest.h"
#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

constexpr Micros kHour = Micros{3600} * 1'000'000;
constexpr Micros kYear = 365 * 24 * kHour;

// An age limit of five hours.
class AgeLimitTest : public ::testing::Test {
 protected:
  AgeLimitTest() { clock_.JumpWall(100 * kHour); }
  Micros now() const { return clock_.WallMicros(); }

  ManualClock clock_;
  AgeLimit limit_{5 * kHour, clock_};
};

TEST_F(AgeLimitTest, CutoffFollowsTheClockWhileCommitsArrive) {
  for (int minute = 0; minute < 600; ++minute) {
    clock_.Pass(kHour / 60);
    EXPECT_LE(limit_.Cutoff(now() - 5 * kHour, now()), now() - 5 * kHour);
  }
  EXPECT_EQ(limit_.Cutoff(now() - 5 * kHour, now()), now() - 5 * kHour);
}

TEST_F(AgeLimitTest, IdleLogExpiresAsTimePasses) {
  const Micros newest = now();
  limit_.Cutoff(newest, newest);
  clock_.Pass(6 * kHour);
  EXPECT_EQ(limit_.Cutoff(newest, newest), newest + kHour);
}

TEST_F(AgeLimitTest, JumpOfLocalClockExpiresNothing) {
  const Micros newest = now();
  limit_.Cutoff(newest - 4 * kHour, newest);
  clock_.JumpWall(10 * kYear);
  EXPECT_EQ(limit_.Cutoff(newest - 4 * kHour, newest), newest - 5 * kHour);
}

TEST_F(AgeLimitTest, JumpOfSourceClockExpiresNothing) {
  const Micros real = now();
  limit_.Cutoff(real - 4 * kHour, real);
  EXPECT_EQ(limit_.Cutoff(real - 4 * kHour, real + 10 * kYear), real - 5 * kHour);
}

TEST_F(AgeLimitTest, JumpOfBothClocksExpiresStepByStep) {
  const Micros oldest = now() - 4 * kHour;
  limit_.Cutoff(oldest, now());
  clock_.JumpWall(10 * kYear);
  clock_.Pass(kHour / 60);
  EXPECT_EQ(limit_.Cutoff(oldest, now()), oldest + AgeLimit::kCatchUpFactor * kHour / 60);
}

TEST_F(AgeLimitTest, JumpBackStopsExpiry) {
  const Micros oldest = now() - 4 * kHour;
  const Micros newest = now();
  limit_.Cutoff(oldest, newest);
  clock_.JumpWall(-kHour);
  EXPECT_EQ(limit_.Cutoff(oldest, newest), now() - 5 * kHour);
}

TEST_F(AgeLimitTest, ExpiryAfterDowntimeGoesStepByStep) {
  const Micros oldest = now() - 50 * kHour;
  EXPECT_EQ(limit_.Cutoff(oldest, now()), oldest);
  clock_.Pass(kHour);
  EXPECT_EQ(limit_.Cutoff(oldest, now()), oldest + AgeLimit::kCatchUpFactor * kHour);
  clock_.Pass(50 * kHour);
  EXPECT_EQ(limit_.Cutoff(oldest, now()), now() - 5 * kHour);
}

TEST_F(AgeLimitTest, UnknownCommitTimesNeverExpire) {
  clock_.Pass(kHour);
  EXPECT_LT(limit_.Cutoff(0, 0), 0);
}

}  // namespace
}  // namespace millrace::log::testing
