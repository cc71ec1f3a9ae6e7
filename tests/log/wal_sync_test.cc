// SPDX-License-Identifier: Apache-2.0

// Small records become durable without delaying commits.

#include "log/wal_sync.h"

#include <sys/resource.h>

#include <cerrno>
#include <fstream>
#include <thread>

#include "base/check.h"
#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// While an object of this class exists, the process cannot open files.
class NoDescriptors {
 public:
  NoDescriptors() {
    MILLRACE_CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    MILLRACE_CHECK(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

// A directory with arbitrary files. Records which of them are synced.
class WalSyncTest : public ::testing::Test {
 protected:
  WalSyncTest() {
    std::string name = ::testing::TempDir() + "millrace_wal_sync_XXXXXX";
    MILLRACE_CHECK(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    sync_.emplace(root_.string(), [this](const std::string& path, int file) {
      EXPECT_GE(file, 0);
      absl::MutexLock lock(&mutex_);
      synced_.push_back(path == root_ ? "." : std::filesystem::path(path).filename().string());
      return error_.load();
    });
  }
  ~WalSyncTest() override { std::filesystem::remove_all(root_); }

  void Append(const std::string& name) {
    std::ofstream(root_ / name, std::ios::app) << "something";
  }
  std::vector<std::string> Synced() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(synced_, {});
  }

  std::filesystem::path root_;
  absl::Mutex mutex_;
  std::vector<std::string> synced_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> error_ = 0;
  std::optional<WalSync> sync_;
};

TEST_F(WalSyncTest, NewLogIsSyncedWithItsDirectory) {
  Append("000012.log");
  EXPECT_TRUE(sync_->Sync().ok());
  EXPECT_THAT(Synced(), ElementsAre("000012.log", "."));
}

TEST_F(WalSyncTest, OnlyLogsThatGrewAreSynced) {
  Append("000012.log");
  Append("000014.log");
  ASSERT_TRUE(sync_->Sync().ok());
  Synced();
  Append("000014.log");
  EXPECT_TRUE(sync_->Sync().ok());
  EXPECT_THAT(Synced(), ElementsAre("000014.log"));
  EXPECT_TRUE(sync_->Sync().ok());
  EXPECT_THAT(Synced(), IsEmpty());
}

TEST_F(WalSyncTest, OtherFilesAreNotSynced) {
  for (const char* name : {"LOG", "000012.sst", ".log", "x.log", "MANIFEST-000005"}) Append(name);
  EXPECT_TRUE(sync_->Sync().ok());
  EXPECT_THAT(Synced(), IsEmpty());
}

TEST_F(WalSyncTest, FailureIsReportedWithTheFile) {
  Append("000012.log");
  error_ = EIO;
  const rocksdb::Status failed = sync_->Sync();
  EXPECT_TRUE(failed.IsIOError());
  EXPECT_THAT(failed.ToString(), AllOf(HasSubstr("000012.log"), HasSubstr("Input/output error")));
  error_ = ENOSPC;
  EXPECT_TRUE(sync_->Sync().IsNoSpace());
}

TEST_F(WalSyncTest, FailedFileIsSyncedByNextCall) {
  Append("000012.log");
  error_ = EIO;
  EXPECT_FALSE(sync_->Sync().ok());
  error_ = 0;
  Synced();
  EXPECT_TRUE(sync_->Sync().ok());
  EXPECT_THAT(Synced(), ElementsAre("000012.log", "."));
}

TEST_F(WalSyncTest, MissingDescriptorReturnsTryAgain) {
  Append("000012.log");
  {
    const NoDescriptors none;
    EXPECT_TRUE(sync_->Sync().IsTryAgain());
  }
  EXPECT_TRUE(sync_->Sync().ok());
}

class RecordSyncTest : public LogTest {
 protected:
  void SetUp() override { ASSERT_EQ(ReasonOf(Reopen()), "OK"); }
  absl::Status Put(const std::string& key, const std::string& value = "value") {
    return log_->PutRecords({{RecordKind::kSubscription, key, value}});
  }
  std::string Get(const std::string& key) const {
    return log_->GetRecord(RecordKind::kSubscription, key)->value_or("none");
  }
};

TEST_F(RecordSyncTest, RecordsSurviveAPowerLossUnderRelaxedDurability) {
  options_.durability = Durability::kRelaxed;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(Put("a")), "OK");
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(Get("a"), "value");
}

// The records are in a later WAL file, which recovery uses only if the earlier files are complete.
TEST_F(RecordSyncTest, RecordsInLaterWalSurviveAPowerLoss) {
  options_.durability = Durability::kRelaxed;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(ReasonOf(CommitFrame(1, 10'000)), "OK");
    if (i % 4 != 0) continue;
    ASSERT_EQ(ReasonOf(Put("a", std::to_string(i))), "OK");
  }
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(Get("a"), "36");
}

TEST_F(RecordSyncTest, RelaxedCommitDoesNotWaitForRecordSync) {
  options_.durability = Durability::kRelaxed;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  faults_->syncs().Close();
  std::thread putting([this] { EXPECT_EQ(ReasonOf(Put("a")), "OK"); });
  faults_->syncs().AwaitHeld(1);
  EXPECT_EQ(ReasonOf(CommitFrame(3)), "OK");
  ExpectRange(1, 3);
  faults_->syncs().Open();
  putting.join();
}

TEST_F(RecordSyncTest, RecordsThatWaitTogetherShareASync) {
  constexpr int kWriters = 16;
  ASSERT_EQ(ReasonOf(Put("first")), "OK");
  faults_->syncs().Close();
  std::vector<std::thread> writers;
  writers.emplace_back([this] { EXPECT_EQ(ReasonOf(Put("0")), "OK"); });
  faults_->syncs().AwaitHeld(1);
  const int before = faults_->wal_syncs();
  for (int i = 1; i < kWriters; ++i) {
    writers.emplace_back([this, i] { EXPECT_EQ(ReasonOf(Put(std::to_string(i))), "OK"); });
  }
  // All records are in memory, so all writers wait for the disk, or soon will.
  for (int i = 1; i < kWriters; ++i) {
    while (Get(std::to_string(i)) == "none") std::this_thread::yield();
  }
  faults_->syncs().Open();
  for (std::thread& writer : writers) writer.join();
  EXPECT_LE(faults_->wal_syncs() - before, 3);
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  for (int i = 0; i < kWriters; ++i) EXPECT_EQ(Get(std::to_string(i)), "value");
}

TEST_F(RecordSyncTest, FailedRecordSyncStopsTheLog) {
  faults_->FailSyncs(true);
  EXPECT_EQ(ReasonOf(Put("a")), "STORAGE_FAILED");
  faults_->FailSyncs(false);
  EXPECT_EQ(ReasonOf(Put("b")), "STORAGE_FAILED");
  EXPECT_EQ(ReasonOf(CommitFrame(1)), "STORAGE_FAILED");
  ExpectRange(1, 0);
}

TEST_F(RecordSyncTest, RocksDbSyncsRecordsWithoutFreeDescriptor) {
  // UBSan opens a descriptor when it first sees the type of an object.
  ASSERT_EQ(ReasonOf(Put("a", "before")), "OK");
  {
    const NoDescriptors none;
    EXPECT_EQ(ReasonOf(Put("a")), "OK");
  }
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(Get("a"), "value");
}

// Writes that the write-ahead log may have lost are written again, to table files.
TEST_F(RecordSyncTest, SyncThatRunsOutOfSpaceLosesNothing) {
  options_.durability = Durability::kRelaxed;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  faults_->RunOutOfSpaceInSync();
  EXPECT_EQ(ReasonOf(Put("a")), "OK");
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(Get("a"), "value");
  ExpectRange(1, 3);
}

// RocksDB 7.8 with assertions would abort here if the log called its SyncWAL.
TEST_F(RecordSyncTest, FailedCommitDuringRecordSyncCanBeRetried) {
  for (int round = 0; round < 20; ++round) {
    faults_->syncs().Close();
    std::thread putting([this] { Put("a").IgnoreError(); });
    faults_->syncs().AwaitHeld(1);
    const Batch batch = BatchOf({NextFrame(1)});
    faults_->FillDisk();
    std::thread committing(
        [this, &batch] { EXPECT_EQ(ReasonOf(log_->Commit(batch)), "DISK_FULL"); });
    faults_->syncs().Open();
    putting.join();
    EXPECT_EQ(ReasonOf(Put("b")), "DISK_FULL");
    committing.join();
    faults_->FreeDisk();
    absl::Status status = log_->Commit(batch);
    // A flush that started on the full disk can still fail the first attempt.
    for (int i = 0; i < 3 && ReasonOf(status) == "DISK_FULL"; ++i) status = log_->Commit(batch);
    ASSERT_EQ(ReasonOf(status), "OK");
  }
}

}  // namespace
}  // namespace millrace::log::testing
