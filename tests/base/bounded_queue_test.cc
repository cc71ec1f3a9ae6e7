// SPDX-License-Identifier: Apache-2.0

#include "base/bounded_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace millrace {
namespace {

TEST(BoundedQueue, FirstInIsFirstOut) {
  BoundedQueue<int> queue(3);
  for (const int item : {1, 2, 3}) EXPECT_TRUE(queue.Push(item));
  EXPECT_EQ(queue.size(), 3u);
  for (const int item : {1, 2, 3}) EXPECT_EQ(queue.Pop(), item);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueue, HoldsMoveOnlyItems) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.Push(std::make_unique<int>(5)));
  EXPECT_EQ(**queue.Pop(), 5);
}

TEST(BoundedQueue, ClosedQueueOnlyDrains) {
  BoundedQueue<int> queue(3);
  queue.Push(1);
  queue.Close();
  EXPECT_FALSE(queue.Push(2));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueue, TryPushFailsWhenFullOrClosed) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_FALSE(queue.TryPush(2));
  EXPECT_EQ(queue.Pop(), 1);
  queue.Close();
  EXPECT_FALSE(queue.TryPush(3));
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueue, PushWaitsForRoom) {
  BoundedQueue<int> queue(1);
  queue.Push(1);
  std::atomic<bool> pushed = false;
  std::jthread producer([&] {
    queue.Push(2);
    pushed = true;
  });
  EXPECT_FALSE(pushed);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  producer.join();
  EXPECT_TRUE(pushed);
}

TEST(BoundedQueue, CloseWakesAllWaiters) {
  BoundedQueue<int> full(1);
  full.Push(1);
  BoundedQueue<int> empty(1);
  std::jthread producer([&] { EXPECT_FALSE(full.Push(2)); });
  std::jthread consumer([&] { EXPECT_EQ(empty.Pop(), std::nullopt); });
  full.Close();
  empty.Close();
}

TEST(BoundedQueue, ConcurrentUseKeepsOrderAndBound) {
  constexpr int kItems = 5000;
  BoundedQueue<int> queue(4);
  std::vector<std::jthread> producers;
  for (const int start : {0, kItems}) {
    producers.emplace_back([&queue, start] {
      for (int i = 0; i < kItems; ++i) queue.Push(start + i);
    });
  }
  int next[2] = {0, kItems};
  for (int i = 0; i < 2 * kItems; ++i) {
    ASSERT_LE(queue.size(), 4u);
    const int item = *queue.Pop();
    ASSERT_EQ(item, next[item >= kItems]++);
  }
}

}  // namespace
}  // namespace millrace
