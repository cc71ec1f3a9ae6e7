// SPDX-License-Identifier: Apache-2.0

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

constexpr Micros kSecond = 1'000'000;

class LogRetentionTest : public LogTest {
 protected:
  LogRetentionTest() {
    options_.retention_age = 0;
    options_.retention_bytes = 0;
  }
  // Commits `frames` frames of 4 KiB of noise; files have 64 KiB.
  void Fill(int frames) {
    ASSERT_EQ(ReasonOf(Reopen()), "OK");
    CommitMany(frames);
  }
  void Trim(std::optional<Sequence> keep_from = std::nullopt) {
    ASSERT_EQ(ReasonOf(log_->Trim(keep_from)), "OK");
  }
  uint64_t oldest() const { return log_->range().oldest.value; }
};

TEST_F(LogRetentionTest, NothingIsTrimmedWithoutLimits) {
  Fill(100);
  Trim();
  ExpectRange(1, 1000);
}

TEST_F(LogRetentionTest, EmptyLogIsNotTrimmed) {
  options_.retention_age = kSecond;
  options_.retention_bytes = 1;
  Fill(0);
  Trim();
  ExpectRange(1, 0);
}

TEST_F(LogRetentionTest, ExpiredFramesAreTrimmed) {
  options_.retention_age = 30 * kSecond;
  Fill(100);
  Trim();
  ExpectRange(691, 1000);  // frame 70 was committed 30 s before frame 100
  EXPECT_EQ(FirstSequencesFrom({691}).size(), 31u);
}

TEST_F(LogRetentionTest, NewestFrameStaysAtAnyAge) {
  options_.retention_age = kSecond;
  Fill(10);
  Trim();
  clock_.Pass(1000 * kSecond);
  Trim();
  ExpectRange(91, 100);
}

TEST_F(LogRetentionTest, ClockJumpTrimsNothing) {
  options_.retention_age = 200 * kSecond;
  Fill(100);
  clock_.JumpWall(Micros{10} * 365 * 24 * 3600 * kSecond);
  Trim();
  ExpectRange(1, 1000);
}

// Earlier versions wrote frames with an implausible maximum: one wrong clock set the maximum of all
// later frames.
TEST_F(LogRetentionTest, ImplausibleMaximumDoesNotStopTrimming) {
  constexpr Micros kFuture = Micros{100} * 365 * 24 * 3600 * kSecond;
  options_.retention_age = 30 * kSecond;
  Fill(20);
  for (int i = 0; i < 80; ++i) {
    clock_.Pass(kSecond);
    FrameContent content = OneTransaction(next_, 10, 4096, i == 0 ? kFuture : clock_.WallMicros());
    content.commit_time_max = kFuture;
    next_.value += 10;
    ASSERT_EQ(ReasonOf(log_->Commit(BatchOf({Stored(content)}))), "OK");
  }
  Trim();
  EXPECT_EQ(oldest(), 201u);  // frames before the wrong clock expire by their maximum
  Trim();
  EXPECT_EQ(oldest(), 691u);
  CommitMany(50);  // written by this version
  Trim();
  EXPECT_EQ(oldest(), 1191u);
}

TEST_F(LogRetentionTest, NewestFrameStaysWithImplausibleTime) {
  options_.retention_age = 30 * kSecond;
  Fill(0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(ReasonOf(CommitFrame(10, 4096, Micros{1} << 60)), "OK");
  }
  clock_.Pass(1000 * kSecond);
  Trim();
  ExpectRange(1, 30);
}

TEST_F(LogRetentionTest, ExcessBytesAreTrimmedByWholeFiles) {
  Fill(400);
  options_.retention_bytes = log_->DiskBytes() / 2;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  Trim();
  EXPECT_GT(oldest(), 1000u);
  EXPECT_LT(oldest(), 3000u);
  EXPECT_EQ(oldest() % 10, 1u);
  EXPECT_EQ(FirstSequencesFrom({oldest()}).size(), (4000 - oldest() + 1) / 10);
}

TEST_F(LogRetentionTest, TrimmingFreesDiskSpace) {
  Fill(400);
  const uint64_t before = log_->DiskBytes();
  options_.retention_bytes = before / 2;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  Trim();
  CommitMany(40);  // moves files out of the top level
  Trim();
  clock_.Pass(kSecond);
  EXPECT_LT(log_->DiskBytes(), before * 3 / 4);
}

TEST_F(LogRetentionTest, RepeatedTrimmingStops) {
  Fill(400);
  options_.retention_bytes = log_->DiskBytes() * 3 / 4;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  Trim();
  // The first call wrote a little to new files.
  Trim();
  const uint64_t once = oldest();
  Trim();
  EXPECT_EQ(oldest(), once);
}

TEST_F(LogRetentionTest, NewestFrameStaysAboveTheByteLimit) {
  options_.retention_bytes = 1;
  Fill(100);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");  // closing writes everything into files
  Trim();
  ExpectRange(991, 1000);
}

TEST_F(LogRetentionTest, StagedFramesSurviveTrimming) {
  options_.retention_bytes = 1;
  Fill(1);
  std::vector<StoredFrame> staged;
  for (int i = 0; i < 60; ++i) staged.push_back(NextFrame(10, 4096));
  ASSERT_EQ(ReasonOf(log_->Stage(staged)), "OK");
  Trim();
  ASSERT_EQ(ReasonOf(log_->Commit(BatchOf({}))), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 61u);
}

TEST_F(LogRetentionTest, SubscriptionHoldsBackTrimming) {
  options_.retention_age = 30 * kSecond;
  options_.hold_bytes_max = 1 << 30;
  Fill(100);
  Trim(Sequence{255});
  EXPECT_EQ(oldest(), 251u);
  Trim(Sequence{995});
  EXPECT_EQ(oldest(), 691u);
}

TEST_F(LogRetentionTest, SubscriptionHoldsNothingByDefault) {
  options_.retention_age = 30 * kSecond;
  Fill(100);
  Trim(Sequence{255});
  EXPECT_EQ(oldest(), 691u);
}

TEST_F(LogRetentionTest, SubscriptionHoldsNoMoreThanItsLimit) {
  options_.retention_age = 30 * kSecond;
  Fill(400);
  options_.hold_bytes_max = log_->DiskBytes() / 2;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  clock_.Pass(100 * kSecond);
  Trim(Sequence{255});
  EXPECT_GT(oldest(), 1000u);
  EXPECT_LT(oldest(), 3000u);
}

TEST_F(LogRetentionTest, OnlyReadsBelowOldestFail) {
  options_.retention_age = 30 * kSecond;
  Fill(100);
  Trim();
  EXPECT_EQ((*log_->FrameContaining({691}))->first().value, 691u);
  for (const absl::Status& status :
       {log_->FrameContaining({690}).status(), log_->ReadFrames({690}, 1 << 20).status()}) {
    EXPECT_EQ(ReasonOf(status), "TOKEN_TRIMMED");
    EXPECT_EQ(ErrorMetadataOf(status).at("oldest_sequence"), "691");
  }
}

TEST_F(LogRetentionTest, LowWaterMarkSurvivesACrash) {
  options_.retention_age = 30 * kSecond;
  Fill(100);
  Trim();
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(691, 1000);
}

TEST_F(LogRetentionTest, TrimmedFramesAreNotFound) {
  options_.retention_age = 30 * kSecond;
  Fill(100);
  Trim();
  EXPECT_EQ((*log_->FindFirst([](const Frame&) { return true; }))->first().value, 691u);
}

}  // namespace
}  // namespace millrace::log::testing
