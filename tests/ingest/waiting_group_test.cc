#include "ingest/waiting_group.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr size_t kFrameBytes = 10;

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
  EXPECT_TRUE(waiting.Push(Ended(1)));
  std::thread pusher([&waiting] { EXPECT_TRUE(waiting.Push(Dropping(1))); });
  EXPECT_FALSE(waiting.Take()->drop_staged);
  EXPECT_TRUE(waiting.Take()->drop_staged);
  pusher.join();
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

TEST(WaitingGroup, ClosingEndsAPushThatWaits) {
  WaitingGroup waiting(kFrameBytes);
  EXPECT_TRUE(waiting.Push(Ended(1)));
  std::thread pusher([&waiting] { EXPECT_FALSE(waiting.Push(Ended(2))); });
  waiting.Close();
  pusher.join();
}

}  // namespace
}  // namespace millrace::ingest
