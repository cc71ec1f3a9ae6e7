// SPDX-License-Identifier: Apache-2.0

// Full disks and failing disks.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

using ::testing::ElementsAre;

class LogFaultTest : public LogTest {
 protected:
  void SetUp() override { ASSERT_EQ(ReasonOf(Reopen()), "OK"); }
  // Commits `batch` while the disk is full, then after space is freed.
  void CommitOnFullDiskThenRetry(const Batch& batch) {
    faults_->FillDisk(100);
    EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
    EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
    faults_->FreeDisk();
    EXPECT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  }
};

TEST_F(LogFaultTest, FullDiskIsReportedAndReadsContinue) {
  CommitMany(3);
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "DISK_FULL");
  ExpectRange(1, 30);
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 11, 21));
}

TEST_F(LogFaultTest, FirstCommitSucceedsAfterSpaceIsFreed) {
  CommitOnFullDiskThenRetry(BatchOf({NextFrame(4)}));
  next_ = {5};
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
}

// If Resume ran without a check for room first, one call in several hundred never returned.
TEST_F(LogFaultTest, RepeatedlyFullDiskLosesNothing) {
  for (int round = 0; round < 5; ++round) {
    const StoredFrame frame = NextFrame(4, 3000);
    CommitOnFullDiskThenRetry(BatchOf({frame}));
  }
  for (const std::string& copy : {CrashCopy(), PowerLossCopy()}) {
    options_.directory = copy;
    ASSERT_EQ(ReasonOf(Reopen()), "OK");
    ExpectRange(1, 20);
    EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 5, 9, 13, 17));
  }
}

// A recovery without room for the next write leaves RocksDB's memory empty. RocksDB's own Resume
// would then keep a write-ahead log that can no longer be written.
TEST_F(LogFaultTest, RecoveryWithoutRoomForWriteReportsFullDisk) {
  const Batch batch = BatchOf({NextFrame(4, 12'000'000)});
  for (int attempt = 0; attempt < 4; ++attempt) {
    faults_->FillDisk(8'000'000);
    EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
  }
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 4);
}

TEST_F(LogFaultTest, CheckForRoomLeavesNoFile) {
  const std::filesystem::path ballast = std::filesystem::path(options_.directory) / "BALLAST";
  const Batch batch = BatchOf({NextFrame(4)});
  faults_->FillDisk(100);
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
    EXPECT_FALSE(std::filesystem::exists(ballast));
  }
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  EXPECT_FALSE(std::filesystem::exists(ballast));
}

TEST_F(LogFaultTest, FullDiskDuringStagingLosesNothing) {
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(2)})), "OK");
  const StoredFrame frame = NextFrame(3);
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(log_->Stage({frame})), "DISK_FULL");
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(log_->Stage({frame})), "OK");
  EXPECT_EQ(ReasonOf(log_->Commit(BatchOf({}))), "OK");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3));
}

TEST_F(LogFaultTest, DiskThatFillsDuringAFlushRecovers) {
  faults_->FillDisk(200'000);
  absl::Status status;
  std::vector<StoredFrame> frame;
  while (status.ok()) {
    frame = {NextFrame(1, 4096)};
    status = log_->Commit(BatchOf(frame));
  }
  EXPECT_EQ(ReasonOf(status), "DISK_FULL");
  faults_->FreeDisk();
  // A flush that started on the full disk can still fail the first attempt.
  for (int i = 0; i < 3 && !status.ok(); ++i) status = log_->Commit(BatchOf(frame));
  EXPECT_EQ(ReasonOf(status), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), next_.value - 1);
}

TEST_F(LogFaultTest, FailedSyncStopsTheLog) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  faults_->FailSyncs(true);
  EXPECT_EQ(ReasonOf(CommitFrame(3)), "STORAGE_FAILED");
  ExpectRange(1, 2);
  faults_->FailSyncs(false);
  next_ = {3};
  EXPECT_EQ(ReasonOf(log_->Commit(BatchOf({NextFrame(3)}))), "STORAGE_FAILED");
  EXPECT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "b"}})), "STORAGE_FAILED");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1));
}

TEST_F(LogFaultTest, ReopenAfterFailedSyncLosesNothing) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  faults_->FailSyncs(true);
  EXPECT_EQ(ReasonOf(CommitFrame(3)), "STORAGE_FAILED");
  options_.directory = PowerLossCopy();
  faults_->FailSyncs(false);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 2);
  EXPECT_EQ(ReasonOf(CommitFrame(3)), "OK");
}

// The mark is a separate file, which does not go through RocksDB's file system.
class VisibleMarkFaultTest : public LogFaultTest {
 protected:
  void SetUp() override {
    LogFaultTest::SetUp();
    const auto path = std::filesystem::canonical(options_.directory) / "VISIBLE";
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      if (std::filesystem::read_symlink(entry, error) == path) {
        mark_ = std::stoi(entry.path().filename());
      }
    }
    ASSERT_GE(mark_, 0);
  }
  void FillDiskForMark() { RedirectMark("/dev/full"); }
  void FreeDiskForMark() { RedirectMark(options_.directory + "/VISIBLE"); }

 private:
  void RedirectMark(const std::string& path) const {
    const int target = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(target, 0);
    ASSERT_EQ(::dup2(target, mark_), mark_);
    ::close(target);
  }
  int mark_ = -1;  // the log's own descriptor
};

TEST_F(VisibleMarkFaultTest, FullDiskForMarkMakesNothingVisible) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  const Batch batch = BatchOf({NextFrame(3)});
  FillDiskForMark();
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
  ExpectRange(1, 2);
  FreeDiskForMark();
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  ExpectRange(1, 5);
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3, 6));
}

TEST_F(VisibleMarkFaultTest, ReopenAfterFullDiskForMarkLosesNothing) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  FillDiskForMark();
  EXPECT_EQ(ReasonOf(CommitFrame(3)), "DISK_FULL");
  options_.directory = CrashCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  // The batch was already on disk with its position.
  ExpectRange(1, 5);
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
}

TEST_F(LogFaultTest, FullDiskIsReportedForPutRecords) {
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "b"}})), "DISK_FULL");
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "b"}})), "OK");
  EXPECT_EQ(log_->GetRecord(RecordKind::kMeta, "a").value(), "b");
}

}  // namespace
}  // namespace millrace::log::testing
