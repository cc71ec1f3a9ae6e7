// SPDX-License-Identifier: Apache-2.0

#include "ingest/waiting_group.h"

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
// Threads meet in any order: often enough that each way is taken.
constexpr uint64_t kRounds = 200;

CommitGroup Ended(uint64_t first) {
  CommitGroup group;
  group.frames.push_back(
      {.first = {first}, .last = {first}, .bytes = std::string(kFrameBytes, 'f')});
  group.source_position = std::to_string(first);
  group.newest = {first};
  return group;
}

CommitGroup Dropping(uint64_t first) {
  CommitGroup group = Ended(first);
  group.drop_staged = true;
  return group;
}

TEST(WaitingGroup, AllThatWaitsIsTakenAtOnce) {
  WaitingGroup waiting(kFrameBytes * 100);
  for (uint64_t first = 1; first <= 5; ++first) EXPECT_TRUE(waiting.Push(Ended(first)));
  const std::optional<CommitGroup> group = waiting.Take();
  ASSERT_TRUE(group.has_value());
  EXPECT_THAT(group->frames, SizeIs(5));
  EXPECT_EQ(group->source_position, "5");
  EXPECT_EQ(group->newest.value, 5u);
}

TEST(WaitingGroup, ClosedRefusesNewGroupsAndHandsOutWhatWaits) {
  WaitingGroup waiting(kFrameBytes);
  EXPECT_TRUE(waiting.Push(Ended(1)));
  waiting.Close();
  EXPECT_FALSE(waiting.Push(Ended(2)));
  EXPECT_EQ(waiting.Take()->newest.value, 1u);
  EXPECT_FALSE(waiting.Take().has_value());
}

TEST(WaitingGroup, GroupThatCannotJoinWaitsUntilTheOthersAreTaken) {
  WaitingGroup waiting(kFrameBytes * 100);
  std::thread pusher([&waiting] {
    for (uint64_t first = 1; first <= kRounds; ++first) {
      EXPECT_TRUE(waiting.Push(Ended(first)));
      EXPECT_TRUE(waiting.Push(Dropping(first)));
    }
    waiting.Close();
  });
  uint64_t last = 0;
  uint64_t dropping = 0;
  while (const std::optional<CommitGroup> group = waiting.Take()) {
    // What follows a group that drops may join it; what drops never joins.
    if (group->drop_staged) ++dropping;
    EXPECT_THAT(group->frames, SizeIs(::testing::Le(2u)));
    EXPECT_GE(group->newest.value, last);
    last = group->newest.value;
  }
  pusher.join();
  EXPECT_EQ(dropping, kRounds);
  EXPECT_EQ(last, kRounds);
}

TEST(WaitingGroup, ClosingEndsATakeThatWaits) {
  for (uint64_t round = 0; round < kRounds; ++round) {
    WaitingGroup waiting(kFrameBytes);
    std::thread taker([&waiting] { EXPECT_FALSE(waiting.Take().has_value()); });
    std::this_thread::yield();
    waiting.Close();
    taker.join();
  }
}

TEST(WaitingGroup, NeverHoldsMuchMoreThanItMay) {
  constexpr uint64_t kGroups = 1000;
  WaitingGroup waiting(kFrameBytes * 3);
  std::thread pusher([&waiting] {
    for (uint64_t first = 1; first <= kGroups; ++first) EXPECT_TRUE(waiting.Push(Ended(first)));
    waiting.Close();
  });
  uint64_t next = 1;
  std::vector<size_t> taken;
  while (const std::optional<CommitGroup> group = waiting.Take()) {
    taken.push_back(group->frames.size());
    for (const transcode::BuiltFrame& frame : group->frames) EXPECT_EQ(frame.first.value, next++);
  }
  pusher.join();
  EXPECT_EQ(next, kGroups + 1);
  EXPECT_THAT(taken, Each(::testing::Le(3u)));
}

// For want of room, and of leave to join.
TEST(WaitingGroup, ClosingEndsAPushThatWaits) {
  for (uint64_t round = 0; round < kRounds; ++round) {
    const bool full = round % 2 == 0;
    WaitingGroup waiting(full ? kFrameBytes : kFrameBytes * 100);
    EXPECT_TRUE(waiting.Push(Ended(1)));
    std::thread pusher([&] { EXPECT_FALSE(waiting.Push(full ? Ended(2) : Dropping(2))); });
    std::this_thread::yield();
    waiting.Close();
    pusher.join();
  }
}

}  // namespace
}  // namespace millrace::ingest
