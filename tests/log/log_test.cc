// SPDX-License-Identifier: Apache-2.0

#include "log/log.h"

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class OpenLogTest : public LogTest {
 protected:
  void SetUp() override { ASSERT_EQ(ReasonOf(Reopen()), "OK"); }
};

TEST_F(OpenLogTest, NewLogIsEmpty) {
  ExpectRange(1, 0);
  EXPECT_NE(log_->log_id(), 0u);
  EXPECT_EQ(log_->source_position(), "");
  EXPECT_THAT(FirstSequencesFrom({1}), IsEmpty());
}

TEST_F(OpenLogTest, CommittedFramesAreVisibleAndReadable) {
  const auto frames = {NextFrame(3), NextFrame(2)};
  ASSERT_EQ(ReasonOf(log_->Commit(BatchOf(frames))), "OK");
  ExpectRange(1, 5);
  EXPECT_EQ(log_->source_position(), "position after 5");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 4));
}

TEST_F(OpenLogTest, StagedFramesAreInvisibleUntilCommit) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3)})), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(4)})), "OK");
  ExpectRange(1, 2);
  EXPECT_EQ(ReasonOf(log_->FrameContaining({3})), "TOKEN_AHEAD");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1));
  ASSERT_EQ(ReasonOf(CommitFrame(1)), "OK");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3, 6, 10));
}

TEST_F(OpenLogTest, DroppedFramesFreeTheirSequences) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3), NextFrame(3)})), "OK");
  ASSERT_EQ(ReasonOf(log_->DropStaged()), "OK");
  next_ = {3};
  ASSERT_EQ(ReasonOf(log_->Commit(BatchOf({NextFrame(5)}))), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(5)), "OK");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3, 8));
}

TEST_F(OpenLogTest, StateSurvivesReopening) {
  const uint64_t id = log_->log_id();
  ASSERT_EQ(ReasonOf(CommitFrame(3, 200, 77)), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(2, 200, 78)), "OK");
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 5);
  EXPECT_EQ(log_->log_id(), id);
  EXPECT_EQ(log_->source_position(), "position after 5");
  EXPECT_EQ(log_->commit_time_max(), 78);
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 4));
}

TEST_F(OpenLogTest, PositionCommitsWithoutFrames) {
  Batch batch;
  batch.source_position = "elsewhere";
  ASSERT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 0);
  EXPECT_EQ(log_->source_position(), "elsewhere");
}

TEST_F(OpenLogTest, RelaxedCommitsSurviveReopening) {
  options_.durability = Durability::kRelaxed;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  ExpectRange(1, 3);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 3);
}

TEST_F(OpenLogTest, FrameIsFoundByEachOfItsSequences) {
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  for (uint64_t sequence = 1; sequence <= 6; ++sequence) {
    const auto frame = log_->FrameContaining({sequence});
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ((*frame)->first().value, sequence <= 3 ? 1u : 4u);
  }
}

TEST_F(OpenLogTest, SequencePastTheEndReportsNewest) {
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  const auto frame = log_->FrameContaining({4});
  EXPECT_EQ(ReasonOf(frame), "TOKEN_AHEAD");
  EXPECT_EQ(ErrorMetadataOf(frame.status()).at("newest_sequence"), "3");
  EXPECT_EQ(ReasonOf(log_->ReadFrames({5}, 1 << 20)), "TOKEN_AHEAD");
  EXPECT_THAT(*log_->ReadFrames({4}, 1 << 20), IsEmpty());
}

TEST_F(OpenLogTest, BoundedReadsReturnAtLeastOneFrame) {
  CommitMany(10);
  EXPECT_EQ(log_->ReadFrames({1}, 1)->size(), 1u);
  EXPECT_EQ(log_->ReadFrames({1}, 13'000)->size(), 3u);
  EXPECT_EQ(log_->ReadFrames({1}, 1 << 20)->size(), 10u);
}

TEST_F(OpenLogTest, ReadsStartAtTheContainingFrame) {
  CommitMany(3);
  EXPECT_THAT(FirstSequencesFrom({15}), ElementsAre(11, 21));
}

TEST_F(OpenLogTest, ReadsHaveNoGapsAcrossFiles) {
  CommitMany(200);
  Sequence expected{1};
  for (const uint64_t first : FirstSequencesFrom({1})) {
    EXPECT_EQ(first, expected.value);
    expected.value += 10;
  }
  EXPECT_EQ(expected.value, 2001u);
}

TEST_F(OpenLogTest, FindFirstWorksForEveryPlace) {
  CommitMany(17);
  for (uint64_t place = 0; place <= 180; ++place) {
    const auto found = log_->FindFirst([&](const Frame& at) { return at.last().value > place; });
    ASSERT_TRUE(found.ok()) << found.status();
    if (place >= 170) {
      EXPECT_EQ(*found, nullptr);
    } else {
      EXPECT_EQ((*found)->first().value, place / 10 * 10 + 1);
    }
  }
}

TEST_F(OpenLogTest, FindFirstReturnsNullInEmptyLog) {
  EXPECT_EQ(*log_->FindFirst([](const Frame&) { return true; }), nullptr);
}

TEST_F(OpenLogTest, RecordsAreListedInKeyOrderByKind) {
  ASSERT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kSubscription, "b", "2"},
                                       {RecordKind::kSubscription, "a", "1"},
                                       {RecordKind::kSchema, "c", "3"}})),
            "OK");
  EXPECT_THAT(*log_->ListRecords(RecordKind::kSubscription),
              ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_EQ(*log_->GetRecord(RecordKind::kSchema, "c"), "3");
  EXPECT_EQ(*log_->GetRecord(RecordKind::kSchema, "a"), std::nullopt);
}

TEST_F(OpenLogTest, RecordsAreReplacedAndRemoved) {
  ASSERT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "1"}})), "OK");
  ASSERT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "2"}})), "OK");
  EXPECT_EQ(*log_->GetRecord(RecordKind::kMeta, "a"), "2");
  ASSERT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", std::nullopt}})), "OK");
  EXPECT_EQ(*log_->GetRecord(RecordKind::kMeta, "a"), std::nullopt);
}

TEST_F(OpenLogTest, InternalRecordsAreNotListed) {
  EXPECT_THAT(*log_->ListRecords(RecordKind::kMeta), IsEmpty());
}

TEST_F(OpenLogTest, BatchRecordsSurviveACrash) {
  Batch batch = BatchOf({NextFrame(1)});
  batch.records = {{RecordKind::kSchema, "t", "version"}};
  ASSERT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  const auto after_crash = OpenIn(CrashCopy());
  ASSERT_TRUE(after_crash.ok()) << after_crash.status();
  EXPECT_EQ((*after_crash)->range().newest.value, 1u);
  EXPECT_EQ(*(*after_crash)->GetRecord(RecordKind::kSchema, "t"), "version");
}

TEST_F(OpenLogTest, DiskBytesGrowWithTheLog) {
  const uint64_t before = log_->DiskBytes();
  CommitMany(100);
  EXPECT_GT(log_->DiskBytes(), before + 400'000);
}

using LogDeathTest = OpenLogTest;

TEST_F(LogDeathTest, GapBetweenFramesIsNeverWritten) {
  next_ = {2};
  EXPECT_DEATH(log_->Commit(BatchOf({NextFrame(1)})).IgnoreError(), "first == next");
}

}  // namespace
}  // namespace millrace::log::testing
