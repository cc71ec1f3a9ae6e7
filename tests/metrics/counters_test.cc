#include "metrics/counters.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace millrace {
namespace {

template <typename Work>
void OnFourThreads(Work work) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
}

TEST(Counter, LosesNothingBetweenThreads) {
  Counter counter;
  OnFourThreads([&] {
    for (int i = 0; i < 10'000; ++i) counter.Add();
    counter.Add(5);
  });
  EXPECT_EQ(counter.value(), 40'020u);
}

TEST(Gauge, GoesUpAndDownAndIsSet) {
  Gauge gauge;
  gauge.Set(100);
  OnFourThreads([&] {
    for (int i = 0; i < 10'000; ++i) gauge.Add(i % 2 == 0 ? -1 : 1);
    gauge.Add(-1);
  });
  EXPECT_EQ(gauge.value(), 96);
  gauge.Set(-7);
  EXPECT_EQ(gauge.value(), -7);
}

TEST(Counter, HasACacheLineOfItsOwn) {
  EXPECT_EQ(alignof(Counter), kCacheLineBytes);
  EXPECT_EQ(sizeof(Counter[2]), 2 * kCacheLineBytes);
}

}  // namespace
}  // namespace millrace
