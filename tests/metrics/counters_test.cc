// SPDX-License-Identifier: Apache-2.0

#include "metrics/counters.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace millrace {
namespace {

TEST(Counter, CountsAcrossThreads) {
  Counter counter;
  const auto work = [&] {
    for (int i = 0; i < 10'000; ++i) counter.Add();
    counter.Add(5);
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  threads.clear();
  EXPECT_EQ(counter.value(), 40'020u);
}

TEST(Counter, FillsACacheLine) {
  EXPECT_EQ(alignof(Counter), kCacheLineBytes);
  EXPECT_EQ(sizeof(Counter[2]), 2 * kCacheLineBytes);
}

}  // namespace
}  // namespace millrace
