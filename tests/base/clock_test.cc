// SPDX-License-Identifier: Apache-2.0

#include "base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace millrace {
namespace {

TEST(SystemClock, WallTimeIsMicrosecondsSince1970) {
  const std::time_t before = std::time(nullptr);
  const Micros now = Clock::System().WallMicros();
  // time() can lag by a clock tick.
  EXPECT_GE(now, (Micros{before} - 1) * 1'000'000);
  EXPECT_LE(now, (Micros{std::time(nullptr)} + 2) * 1'000'000);
}

TEST(SystemClock, SteadyTimeNeverGoesBack) {
  const Clock& clock = Clock::System();
  Micros last = clock.SteadyMicros();
  const Micros start = last;
  while (last == start) {
    const Micros now = clock.SteadyMicros();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace millrace
