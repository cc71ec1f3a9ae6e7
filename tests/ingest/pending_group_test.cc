// SPDX-License-Identifier: Apache-2.0

#include "ingest/pending_group.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr size_t kFrameBytes = 10;
// Enough rounds for the threads to meet in every order.
constexpr uint64_t kRounds = 200;

CommitGroup FinishedGroup(uint64_t first) {
  CommitGroup group;
  group.frames.push_back(
      {.first = {first}, .last = {first}, .bytes = std::string(kFrameBytes, 'f')});
  group.source_position = std::to_string(first);
  group.newest = {first};
  return group;
}

CommitGroup Dropping(uint64_t first) {
  CommitGroup group = FinishedGroup(first);
  group.drop_staged = true;
  return group;
}

TEST(PendingGroup, TakeReturnsEverythingPending) {
  PendingGroup pending(kFrameBytes * 100);
  for (uint64_t first = 1; first <= 5; ++first) EXPECT_TRUE(pending.Push(FinishedGroup(first)));
  const std::optional<CommitGroup> group = pending.Take();
  ASSERT_TRUE(group.has_value());
  EXPECT_THAT(group->frames, SizeIs(5));
  EXPECT_EQ(group->source_position, "5");
  EXPECT_EQ(group->newest.value, 5u);
}

TEST(PendingGroup, ClosedRejectsGroupsButReturnsPendingOnes) {
  PendingGroup pending(kFrameBytes);
  EXPECT_TRUE(pending.Push(FinishedGroup(1)));
  pending.Close();
  EXPECT_FALSE(pending.Push(FinishedGroup(2)));
  EXPECT_EQ(pending.Take()->newest.value, 1u);
  EXPECT_FALSE(pending.Take().has_value());
}

TEST(PendingGroup, UnmergeableGroupWaitsUntilOthersAreTaken) {
  PendingGroup pending(kFrameBytes * 100);
  std::thread pusher([&pending] {
    for (uint64_t first = 1; first <= kRounds; ++first) {
      EXPECT_TRUE(pending.Push(FinishedGroup(first)));
      EXPECT_TRUE(pending.Push(Dropping(first)));
    }
    pending.Close();
  });
  uint64_t last = 0;
  uint64_t dropping = 0;
  while (const std::optional<CommitGroup> group = pending.Take()) {
    // A group may merge into one that drops, but a group that drops never merges.
    if (group->drop_staged) ++dropping;
    EXPECT_THAT(group->frames, SizeIs(::testing::Le(2u)));
    EXPECT_GE(group->newest.value, last);
    last = group->newest.value;
  }
  pusher.join();
  EXPECT_EQ(dropping, kRounds);
  EXPECT_EQ(last, kRounds);
}

TEST(PendingGroup, CloseEndsWaitingTake) {
  for (uint64_t round = 0; round < kRounds; ++round) {
    PendingGroup pending(kFrameBytes);
    std::thread taker([&pending] { EXPECT_FALSE(pending.Take().has_value()); });
    std::this_thread::yield();
    pending.Close();
    taker.join();
  }
}

TEST(PendingGroup, PendingBytesStayNearTheLimit) {
  constexpr uint64_t kGroups = 1000;
  PendingGroup pending(kFrameBytes * 3);
  std::thread pusher([&pending] {
    for (uint64_t first = 1; first <= kGroups; ++first)
      EXPECT_TRUE(pending.Push(FinishedGroup(first)));
    pending.Close();
  });
  uint64_t next = 1;
  std::vector<size_t> taken;
  while (const std::optional<CommitGroup> group = pending.Take()) {
    taken.push_back(group->frames.size());
    for (const transcode::BuiltFrame& frame : group->frames) EXPECT_EQ(frame.first.value, next++);
  }
  pusher.join();
  EXPECT_EQ(next, kGroups + 1);
  EXPECT_THAT(taken, Each(::testing::Le(3u)));
}

// Waits either for room or because the group cannot be merged.
TEST(PendingGroup, CloseEndsWaitingPush) {
  for (uint64_t round = 0; round < kRounds; ++round) {
    const bool full = round % 2 == 0;
    PendingGroup pending(full ? kFrameBytes : kFrameBytes * 100);
    EXPECT_TRUE(pending.Push(FinishedGroup(1)));
    std::thread pusher([&] { EXPECT_FALSE(pending.Push(full ? FinishedGroup(2) : Dropping(2))); });
    std::this_thread::yield();
    pending.Close();
    pusher.join();
  }
}

}  // namespace
}  // namespace millrace::ingest
