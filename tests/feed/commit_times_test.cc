// SPDX-License-Identifier: Apache-2.0

#include "feed/commit_times.h"

#include <thread>

#include "absl/time/clock.h"
#include "feed/filled_log.h"
#include "rocksdb/env.h"

namespace millrace::feed {
namespace {

// A log that is mostly on disk, with a disk that can block reads.
class CommitTimesTest : public ::testing::Test {
 protected:
  CommitTimesTest() {
    for (uint64_t number = 1; number <= 40; ++number) {
      log_.Inserts(number, 3, 4000);
      log_.Commit();
    }
  }
  ~CommitTimesTest() override { faults_->reads().Open(); }

  static absl::Time Immediately() { return absl::Now(); }
  static absl::Time NoDeadline() { return absl::InfiniteFuture(); }

  std::shared_ptr<log::testing::FaultFileSystem> faults_ =
      std::make_shared<log::testing::FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(faults_);
  FilledLog log_{{.frame_bytes = 4000,
                  .ring_bytes = 1,
                  .seams = {.env = env_.get(), .write_buffer_bytes = 64 << 10},
                  .noisy = true}};
  DiskReaders readers_{2};
  CommitTimes times_{log_.feed(), readers_};
};

TEST_F(CommitTimesTest, TimeInMemoryIsKnownImmediately) {
  faults_->reads().Close();
  EXPECT_EQ(times_.Of({120}, Immediately()), 40 * kSecond);
}

TEST_F(CommitTimesTest, TimeOnDiskIsReadForTheCaller) {
  EXPECT_EQ(times_.Of({1}, NoDeadline()), 1 * kSecond);
  EXPECT_EQ(times_.Of({31}, NoDeadline()), 11 * kSecond);
  EXPECT_EQ(times_.OldestToken(NoDeadline()), TokenAfter(log_.feed(), {0})->ToString());
}

TEST_F(CommitTimesTest, SlowDiskLeavesTimeUnknown) {
  faults_->reads().Close();
  EXPECT_EQ(times_.Of({1}, Immediately()), std::nullopt);
  EXPECT_EQ(times_.OldestToken(Immediately()), "");
}

TEST_F(CommitTimesTest, LateTimeIsKnownToNextCall) {
  faults_->reads().Close();
  EXPECT_EQ(times_.Of({1}, Immediately()), std::nullopt);
  faults_->reads().AwaitHeld(1);
  faults_->reads().Open();
  EXPECT_EQ(times_.Of({1}, NoDeadline()), 1 * kSecond);
  faults_->reads().Close();
  EXPECT_EQ(times_.Of({1}, Immediately()), 1 * kSecond);
}

TEST_F(CommitTimesTest, TrimmedChangeHasNoTime) {
  log_.TrimBefore(20);
  EXPECT_EQ(times_.Of({1}, NoDeadline()), std::nullopt);
  EXPECT_EQ(times_.OldestToken(NoDeadline()),
            TokenAfter(log_.feed(), {log_.feed().range().oldest.value - 1})->ToString());
}

TEST_F(CommitTimesTest, StoppedReadersLeaveTheTimeUnknown) {
  readers_.Stop();
  EXPECT_EQ(times_.Of({1}, NoDeadline()), std::nullopt);
  EXPECT_EQ(times_.OldestToken(NoDeadline()), "");
}

}  // namespace
}  // namespace millrace::feed
