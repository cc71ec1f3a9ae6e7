// SPDX-License-Identifier: Apache-2.0

#include "ingest/commit_group.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<transcode::BuiltFrame> FramesAt(const std::vector<uint64_t>& firsts) {
  std::vector<transcode::BuiltFrame> frames;
  for (const uint64_t first : firsts) {
    frames.push_back({.first = {first}, .last = {first}, .bytes = "0123456789"});
  }
  return frames;
}

CommitGroup FinishedGroup(const std::vector<uint64_t>& firsts, const std::string& position) {
  CommitGroup group;
  group.frames = FramesAt(firsts);
  group.records = {{.kind = log::RecordKind::kSchema, .key = position, .value = ""}};
  group.schema_steps = 1;
  group.coverage_steps = 1;
  group.source_position = position;
  group.source_memory = "memory " + position;
  group.newest = {firsts.back()};
  group.commit_time_max = static_cast<Micros>(firsts.back());
  return group;
}

CommitGroup Staged(const std::vector<uint64_t>& firsts) {
  CommitGroup group;
  group.staged = FramesAt(firsts);
  return group;
}

std::vector<uint64_t> FirstsOf(const std::vector<transcode::BuiltFrame>& frames) {
  std::vector<uint64_t> firsts;
  for (const transcode::BuiltFrame& frame : frames) firsts.push_back(frame.first.value);
  return firsts;
}

TEST(CommitGroup, MergedGroupEndsAtLaterPosition) {
  CommitGroup to = FinishedGroup({1, 2}, "a");
  CommitGroup from = FinishedGroup({3}, "b");
  ASSERT_TRUE(Merge(to, from));
  EXPECT_THAT(FirstsOf(to.frames), ElementsAre(1, 2, 3));
  EXPECT_EQ(to.source_position, "b");
  EXPECT_EQ(to.source_memory, "memory b");
  EXPECT_EQ(to.newest, Sequence{3});
  EXPECT_EQ(to.commit_time_max, 3);
  ASSERT_EQ(to.records.size(), 2U);
  EXPECT_EQ(to.records[0].key + to.records[1].key, "ab");
  EXPECT_EQ(to.schema_steps, 2U);
  EXPECT_EQ(to.coverage_steps, 2U);
}

TEST(CommitGroup, StagedFramesStayAfterFinishedOnes) {
  CommitGroup to = FinishedGroup({1}, "a");
  CommitGroup from = Staged({2});
  CommitGroup later = Staged({3});
  ASSERT_TRUE(Merge(to, from) && Merge(to, later));
  EXPECT_THAT(FirstsOf(to.frames), ElementsAre(1));
  EXPECT_THAT(FirstsOf(to.staged), ElementsAre(2, 3));
  EXPECT_EQ(to.source_position, "a");
  EXPECT_EQ(to.newest, Sequence{1});
}

TEST(CommitGroup, EndOfTransactionIncludesStagedFrames) {
  CommitGroup to = Staged({1, 2});
  CommitGroup from = FinishedGroup({3}, "a");
  from.staged = FramesAt({4});
  ASSERT_TRUE(Merge(to, from));
  EXPECT_THAT(FirstsOf(to.frames), ElementsAre(1, 2, 3));
  EXPECT_THAT(FirstsOf(to.staged), ElementsAre(4));
  EXPECT_EQ(to.source_position, "a");
}

TEST(CommitGroup, DropIsNotMergedWithDroppedFrames) {
  CommitGroup to = Staged({1});
  CommitGroup from = FinishedGroup({1}, "a");
  from.drop_staged = true;
  EXPECT_FALSE(Merge(to, from));
  EXPECT_THAT(FirstsOf(to.staged), ElementsAre(1));
  EXPECT_THAT(to.frames, IsEmpty());
  EXPECT_THAT(FirstsOf(from.frames), ElementsAre(1));
}

TEST(CommitGroup, GroupAfterDropMerges) {
  CommitGroup to = FinishedGroup({1}, "a");
  to.drop_staged = true;
  CommitGroup from = FinishedGroup({2}, "b");
  ASSERT_TRUE(Merge(to, from));
  EXPECT_TRUE(to.drop_staged);
  EXPECT_THAT(FirstsOf(to.frames), ElementsAre(1, 2));
}

TEST(CommitGroup, BytesCountAllFramesAndRecords) {
  CommitGroup group = FinishedGroup({1, 2}, "a");
  group.staged = FramesAt({3});
  EXPECT_EQ(BytesOf(group), 31U);
}

}  // namespace
}  // namespace millrace::ingest
