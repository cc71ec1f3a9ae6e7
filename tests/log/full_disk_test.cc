// SPDX-License-Identifier: Apache-2.0

// A log with a ballast on a full disk.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kBallastBytes = 1 << 20;

int NumberOr(const char* name, int fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::atoi(text);
}

class FullDiskTest : public LogTest {
 protected:
  FullDiskTest() { options_.ballast_bytes = kBallastBytes; }
  void SetUp() override { ASSERT_EQ(ReasonOf(Reopen()), "OK"); }

  uint64_t BallastBytes() const {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(options_.directory + "/BALLAST", error);
    return error ? 0 : bytes;
  }
  // Fills the disk and commits until a commit fails.
  void FillDisk() {
    faults_->FillDisk();
    CommitUntilFull();
  }
  void CommitUntilFull() {
    absl::Status status;
    while (status.ok()) status = CommitFrame(1);
    ASSERT_EQ(ReasonOf(status), "DISK_FULL");
    next_ = log_->range().newest.next();
  }
};

TEST_F(FullDiskTest, EveryLogHasABallast) {
  EXPECT_EQ(BallastBytes(), kBallastBytes);
  log_.reset();
  EXPECT_EQ(BallastBytes(), kBallastBytes);
}

TEST_F(FullDiskTest, WriteOnFullDiskUsesTheBallast) {
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(2)), "OK");
  EXPECT_LT(BallastBytes(), kBallastBytes);
  const Batch batch = BatchOf({NextFrame(3)});
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL");
  EXPECT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "b"}})), "DISK_FULL");
  ExpectRange(1, 2);
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(log_->Commit(batch)), "OK");
  EXPECT_EQ(BallastBytes(), kBallastBytes);
  ExpectRange(1, 5);
}

TEST_F(FullDiskTest, WritingWaitsUntilTheBallastFitsAgain) {
  FillDisk();
  faults_->FillDisk(kBallastBytes);
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "DISK_FULL");
  next_ = log_->range().newest.next();
  faults_->FillDisk(3 * kBallastBytes);
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
}

TEST_F(FullDiskTest, ErrorNamesTheDirectory) {
  FillDisk();
  const absl::Status status = CommitFrame(1);
  EXPECT_EQ(ErrorMetadataOf(status).at("path"), options_.directory);
  EXPECT_THAT(status.message(), HasSubstr(options_.directory));
}

TEST_F(FullDiskTest, RetentionTrimsOnFullDisk) {
  options_.retention_age = Micros{20} * 1'000'000;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  CommitMany(200);
  FillDisk();
  const uint64_t before = log_->DiskBytes();
  for (int i = 0; i < 40; ++i) {
    clock_.Pass(10'000'000);
    EXPECT_EQ(ReasonOf(log_->Trim(std::nullopt)), "OK");
  }
  EXPECT_GT(log_->range().oldest.value, 1000u);
  // A later call deletes files that RocksDB has not yet moved out of its top level.
  while (log_->DiskBytes() + 500'000 >= before) {
    ASSERT_EQ(ReasonOf(log_->Trim(std::nullopt)), "OK");
    std::this_thread::yield();
  }
}

TEST_F(FullDiskTest, QuotaCountsAsFullDisk) {
  faults_->FillQuota();
  absl::Status status;
  while (status.ok()) status = CommitFrame(1);
  EXPECT_EQ(ReasonOf(status), "DISK_FULL");
  next_ = log_->range().newest.next();
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
}

TEST_F(FullDiskTest, LittleSpaceWithoutBallastAllowsCommits) {
  log_.reset();
  std::filesystem::remove(options_.directory + "/BALLAST");
  faults_->FillDisk(kBallastBytes / 2);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/BALLAST"));
}

TEST_F(FullDiskTest, RestartsOnFullDiskLoseNothing) {
  CommitMany(30);
  FillDisk();
  for (int round = 0; round < 6; ++round) {
    const uint64_t newest = log_->range().newest.value;
    ASSERT_EQ(ReasonOf(Reopen()), "OK");
    ExpectRange(1, newest);
    // Uses up the freed part of the ballast, until the log notices the full disk.
    CommitUntilFull();
  }
  const uint64_t newest = log_->range().newest.value;
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, newest + 1);
}

// MILLRACE_DISK_ROUNDS sets the number of rounds, MILLRACE_RANDOM_SEED the seed.
TEST_F(FullDiskTest, RandomlyFullDiskLosesNothing) {
  std::mt19937 random(static_cast<uint32_t>(NumberOr("MILLRACE_RANDOM_SEED", 1)));
  const auto below = [&](int64_t end) { return static_cast<int64_t>(random()) % end; };
  for (int round = NumberOr("MILLRACE_DISK_ROUNDS", 30); round > 0; --round) {
    const Batch batch = BatchOf({NextFrame(1, static_cast<size_t>(1 + below(60'000)))});
    const auto commit = [&] {
      return log_->range().newest == batch.newest ? absl::OkStatus() : log_->Commit(batch);
    };
    faults_->FillDisk(below(3) == 0 ? 0 : below(2 * kBallastBytes));
    commit().IgnoreError();
    if (below(8) == 0) {
      const Sequence newest = log_->range().newest;
      ASSERT_EQ(ReasonOf(Reopen()), "OK");
      ASSERT_GE(log_->range().newest, newest);
      next_ = batch.newest.next();
    }
    if (below(2) == 0) commit().IgnoreError();
    faults_->FreeDisk();
    absl::Status status = commit();
    // A flush that started on the full disk can still fail the first attempt.
    for (int i = 0; i < 3 && ReasonOf(status) == "DISK_FULL"; ++i) status = commit();
    ASSERT_EQ(ReasonOf(status), "OK") << round;
  }
  const uint64_t newest = log_->range().newest.value;
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), newest);
}

// Fills the disk for one kind of file: WAL, table, manifest, and files renamed or written at start.
class RefusedFileTest : public FullDiskTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(RefusedFileTest, CommitsResumeAfterSpaceIsFreed) {
  faults_->FillDiskFor(GetParam());
  absl::Status status;
  std::vector<StoredFrame> frames;
  // More than RocksDB keeps in memory.
  for (int i = 0; i < 100 && status.ok(); ++i) {
    frames = {NextFrame(1, 4096)};
    status = log_->Commit(BatchOf(frames));
  }
  EXPECT_THAT(ReasonOf(status), ::testing::AnyOf("OK", "DISK_FULL"));
  EXPECT_EQ(FirstSequencesFrom({1}).size(), log_->range().newest.value);
  faults_->FreeDisk();
  for (int i = 0; i < 3 && !status.ok(); ++i) status = log_->Commit(BatchOf(frames));
  EXPECT_EQ(ReasonOf(status), "OK");
  const uint64_t newest = log_->range().newest.value;
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, newest);
}

TEST_P(RefusedFileTest, StartServesAndResumesAfterSpaceIsFreed) {
  CommitMany(30);
  options_.directory = CrashCopy();
  faults_->FillDiskFor(GetParam());
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 30u);
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(10)), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 31u);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 310);
}

INSTANTIATE_TEST_SUITE_P(Kinds, RefusedFileTest,
                         ::testing::Values(".log", ".sst", "MANIFEST", ".dbtmp", "OPTIONS"));

// A start without a ballast. A used-up ballast has the same effect.
class FullDiskStartTest : public FullDiskTest {
 protected:
  FullDiskStartTest() { options_.ballast_bytes = 0; }
  // Starts with the directory that a crash leaves, on a disk with `bytes` free.
  void StartAfterCrash(int64_t bytes = 0) {
    options_.directory = CrashCopy();
    log_.reset();
    faults_->FillDisk(bytes);
    ASSERT_EQ(ReasonOf(Reopen()), "OK") << bytes;
  }
  void ExpectWritesFail() {
    EXPECT_EQ(ReasonOf(CommitFrame(1)), "DISK_FULL");
    EXPECT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kMeta, "a", "b"}})), "DISK_FULL");
    next_ = log_->range().newest.next();
  }
};

TEST_F(FullDiskStartTest, StartServesTheExistingLog) {
  CommitMany(30);
  ASSERT_EQ(ReasonOf(log_->PutRecords({{RecordKind::kSchema, "table", "version"}})), "OK");
  StartAfterCrash();
  ExpectRange(1, 300);
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 30u);
  EXPECT_EQ(log_->GetRecord(RecordKind::kSchema, "table").value(), "version");
  EXPECT_EQ(log_->source_position(), "position after 300");
  ExpectWritesFail();
}

TEST_F(FullDiskStartTest, StartedLogWritesAfterSpaceIsFreed) {
  CommitMany(30);
  StartAfterCrash();
  ExpectWritesFail();
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(10)), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 31u);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 310);
}

TEST_F(FullDiskStartTest, StagedFramesAreDroppedAfterSpaceIsFreed) {
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3), NextFrame(4)})), "OK");
  StartAfterCrash();
  ExpectRange(1, 2);
  EXPECT_EQ(ReasonOf(log_->DropStaged()), "DISK_FULL");
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(9)), "OK");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3));
}

TEST_F(FullDiskStartTest, NewLogIsEmptyUntilSpaceIsFreed) {
  log_.reset();
  options_.directory = (root_ / "new").string();
  faults_->FillDisk();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 0);
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 0u);
  ExpectWritesFail();
  const uint64_t id = log_->log_id();
  EXPECT_NE(id, 0u);
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 2);
  EXPECT_EQ(log_->log_id(), id);
}

TEST_F(FullDiskStartTest, ReadOnlyLogLocksItsDirectory) {
  CommitMany(3);
  StartAfterCrash();
  EXPECT_EQ(ReasonOf(OpenIn(options_.directory)), "DATA_DIRECTORY_IN_USE");
  ExpectWritesFail();
  EXPECT_EQ(ReasonOf(OpenIn(options_.directory)), "DATA_DIRECTORY_IN_USE");
}

TEST_F(FullDiskStartTest, LossOfVisibleChangesIsDetected) {
  CommitMany(3);
  options_.directory = CrashCopy();
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    if (entry.path().extension() != ".log") continue;
    const uint64_t bytes = std::filesystem::file_size(entry.path());
    std::filesystem::resize_file(entry.path(), bytes - std::min<uint64_t>(bytes, 10));
  }
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(Reopen()), "LOG_DAMAGED");
}

TEST_F(FullDiskStartTest, StoppingAReadOnlyLogLosesNothing) {
  CommitMany(30);
  StartAfterCrash();
  ExpectWritesFail();
  log_.reset();
  faults_->FreeDisk();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 30u);
}

// Debian builds RocksDB with assertions, any of which could abort the start.
TEST_F(FullDiskStartTest, StartSurvivesAFullDiskAtAnyByte) {
  CommitMany(20);
  const std::string crashed = CrashCopy();
  bool wrote = false;
  for (int64_t bytes = 0; !wrote; bytes += 1500) {
    ASSERT_LT(bytes, 1'000'000);
    faults_->FreeDisk();
    options_.directory = crashed;
    StartAfterCrash(bytes);
    ExpectRange(1, 200);
    wrote = log_->Commit(BatchOf({NextFrame(1)})).ok();
    faults_->FreeDisk();
    next_ = log_->range().newest.next();
    ASSERT_EQ(ReasonOf(CommitFrame(1)), "OK") << bytes;
    log_.reset();
    std::filesystem::remove_all(options_.directory);
  }
}

// A reader can be inside a frame when the database is replaced.
TEST_F(FullDiskStartTest, ReadersContinueDuringOpeningForWriting) {
  CommitMany(100);
  StartAfterCrash();
  std::atomic<bool> writing{true};
  std::thread reader([&] {
    while (writing) EXPECT_GE(FirstSequencesFrom({1}).size(), 100u);
  });
  ExpectWritesFail();
  faults_->FreeDisk();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ReasonOf(CommitFrame(10, 4096)), "OK");
  writing = false;
  reader.join();
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 150u);
}

TEST_F(FullDiskTest, RocksDbWritesNoLogFile) {
  CommitMany(100);
  FillDisk();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("LOG"))) << entry.path();
  }
}

}  // namespace
}  // namespace millrace::log::testing
