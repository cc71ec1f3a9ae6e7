// SPDX-License-Identifier: Apache-2.0

#include "ingest/commit_time_limit.h"

#include <gtest/gtest.h>

#include "log/commit_time.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using log::kClockAheadMax;

constexpr Micros kDay = Micros{86'400} * 1'000'000;

class CommitTimeLimitTest : public ::testing::Test {
 protected:
  CommitTimeLimitTest() { clock_.JumpWall(1000 * kDay); }
  Micros now() const { return clock_.WallMicros(); }

  log::testing::ManualClock clock_;
  CommitTimeLimit limit_{clock_};
};

TEST_F(CommitTimeLimitTest, PastAndPresentAreKept) {
  for (const Micros time : {Micros{1}, now() - kDay, now(), now() + kClockAheadMax}) {
    EXPECT_EQ(limit_.Clamp(time), time);
  }
}

TEST_F(CommitTimeLimitTest, FutureIsClampedToPresent) {
  EXPECT_EQ(limit_.Clamp(now() + kDay), now());
  clock_.Pass(kDay);
  EXPECT_EQ(limit_.Clamp(now() + kDay), now());
  EXPECT_EQ(limit_.Clamp(now()), now());
}

TEST_F(CommitTimeLimitTest, SourceClockAheadOfOursIsTrusted) {
  const Micros source = now() + 5 * kDay;
  limit_.SetSourceTime(source);
  EXPECT_EQ(limit_.Clamp(source), source);
  clock_.Pass(kDay);
  EXPECT_EQ(limit_.Clamp(source + kDay), source + kDay);
  EXPECT_EQ(limit_.Clamp(source + 3 * kDay), source + kDay);
}

TEST_F(CommitTimeLimitTest, SourceClockBehindOursIsIgnored) {
  limit_.SetSourceTime(now() - 5 * kDay);
  EXPECT_EQ(limit_.Clamp(now()), now());
}

}  // namespace
}  // namespace millrace::ingest
