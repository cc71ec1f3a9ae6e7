// SPDX-License-Identifier: Apache-2.0

// Named positions on a disk that is slow, full or failing.

#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "feed/filled_log.h"
#include "feed/subscriptions.h"
#include "log/log_fixture.h"

namespace millrace::feed {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class StoredPositionsTest : public log::testing::LogTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(ReasonOf(Reopen()), "OK");
    Open();
    // The first sync of a write-ahead log also syncs its directory; later ones do not.
    ASSERT_EQ(ReasonOf(subscriptions_->Commit("first", TokenAt(1))), "OK");
  }
  ~StoredPositionsTest() override {
    faults_->syncs().Open();
    subscriptions_.reset();
  }

  void Open() {
    subscriptions_.reset();
    subscriptions_ = Subscriptions::Open(*log_, clock_).value();
  }
  Token TokenAt(uint64_t sequence) const {
    return {.log_id = log_->log_id(), .sequence = {sequence}, .gtids = {}};
  }
  // Starts a call that adds its outcome to `outcomes_`.
  void Commit(const std::string& name, uint64_t sequence) {
    subscriptions_->Commit(name, TokenAt(sequence),
                           [this, name](const absl::StatusOr<Subscription>& subscription) {
                             EXPECT_EQ(subscription.ok() ? subscription->name : name, name);
                             Note(subscription.status());
                           });
  }
  void Delete(const std::string& name) {
    subscriptions_->Delete(name, [this](const absl::Status& status) { Note(status); });
  }
  void Note(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    outcomes_.push_back(ReasonOf(status));
  }
  // Waits for `count` outcomes; returns them in the order in which the calls ended.
  std::vector<std::string> Outcomes(size_t count) {
    const auto reached = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return outcomes_.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&reached));
    return outcomes_;
  }
  // Commits a group that waits until the test releases the syncs.
  void HoldGroup() {
    faults_->syncs().Close();
    Commit("held", 1);
    faults_->syncs().AwaitHeld(1);
  }
  uint64_t SequenceOf(const std::string& name) const {
    const auto found = subscriptions_->Find(name).value();
    return found.has_value() ? found->token.sequence.value : 0;
  }

  absl::Mutex mutex_;
  std::vector<std::string> outcomes_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Subscriptions> subscriptions_;
};

TEST_F(StoredPositionsTest, QueuedCallsShareOneSync) {
  HoldGroup();
  const int before = faults_->wal_syncs();
  for (int i = 0; i < 100; ++i) Commit("s" + std::to_string(i), 2);
  faults_->syncs().Open();
  EXPECT_THAT(Outcomes(101), Each("OK"));
  EXPECT_EQ(faults_->wal_syncs() - before, 1);
}

TEST_F(StoredPositionsTest, ReadsDoNotWaitForDisk) {
  HoldGroup();
  Commit("first", 9);
  EXPECT_EQ(SequenceOf("first"), 1u);
  EXPECT_EQ(SequenceOf("held"), 0u);
  EXPECT_THAT(subscriptions_->List(), SizeIs(1));
  EXPECT_EQ(subscriptions_->Oldest()->value, 1u);
  faults_->syncs().Open();
  Outcomes(2);
  EXPECT_EQ(SequenceOf("first"), 9u);
}

TEST_F(StoredPositionsTest, PositionsOfOneNameKeepTheirOrder) {
  HoldGroup();
  for (uint64_t sequence = 1; sequence <= 10; ++sequence) Commit("a", sequence);
  faults_->syncs().Open();
  EXPECT_THAT(Outcomes(11), Each("OK"));
  EXPECT_EQ(SequenceOf("a"), 10u);
  Open();
  EXPECT_EQ(SequenceOf("a"), 10u);
}

TEST_F(StoredPositionsTest, GroupCanDeleteItsOwnPosition) {
  HoldGroup();
  Commit("a", 1);
  Delete("a");
  Delete("a");
  Delete("first");
  Commit("first", 5);
  faults_->syncs().Open();
  EXPECT_THAT(Outcomes(6), ElementsAre("OK", "OK", "OK", "SUBSCRIPTION_NOT_FOUND", "OK", "OK"));
  Open();
  EXPECT_EQ(SequenceOf("a"), 0u);
  EXPECT_EQ(SequenceOf("first"), 5u);
}

TEST_F(StoredPositionsTest, FullDiskIsReportedToEachCaller) {
  HoldGroup();
  for (int i = 0; i < 5; ++i) Commit("s" + std::to_string(i), 2);
  faults_->FillDisk();
  faults_->syncs().Open();
  EXPECT_THAT(Outcomes(6),
              ElementsAre("OK", "DISK_FULL", "DISK_FULL", "DISK_FULL", "DISK_FULL", "DISK_FULL"));
  EXPECT_EQ(SequenceOf("s1"), 0u);
  faults_->FreeDisk();
  EXPECT_EQ(ReasonOf(subscriptions_->Commit("s1", TokenAt(3))), "OK");
}

TEST_F(StoredPositionsTest, FailedSyncFailsEveryLaterCall) {
  HoldGroup();
  for (int i = 0; i < 3; ++i) Commit("s" + std::to_string(i), 2);
  faults_->FailSyncs(true);
  faults_->syncs().Open();
  EXPECT_THAT(Outcomes(4), Each("STORAGE_FAILED"));
  faults_->FailSyncs(false);
  EXPECT_EQ(ReasonOf(subscriptions_->Commit("s1", TokenAt(3))), "STORAGE_FAILED");
  EXPECT_EQ(SequenceOf("s1"), 0u);
  EXPECT_EQ(SequenceOf("held"), 0u);
}

TEST_F(StoredPositionsTest, ExcessCallsAreRefusedImmediately) {
  HoldGroup();
  for (int i = 0; i < 1000; ++i) Commit("s" + std::to_string(i), 2);
  Commit("one-more", 2);
  EXPECT_THAT(Outcomes(1), ElementsAre("NOT_READY"));
  faults_->syncs().Open();
  EXPECT_THAT(Outcomes(1002), SizeIs(1002));
  EXPECT_EQ(SequenceOf("one-more"), 0u);
}

TEST_F(StoredPositionsTest, DestructorWaitsForAcceptedCalls) {
  HoldGroup();
  for (int i = 0; i < 5; ++i) Commit("s" + std::to_string(i), 2);
  std::thread opening([this] { faults_->syncs().Open(); });
  Open();
  opening.join();
  EXPECT_THAT(Outcomes(6), Each("OK"));
  EXPECT_EQ(SequenceOf("s4"), 2u);
}

// Commits of the log use the same write-ahead log at the same time.
TEST_F(StoredPositionsTest, PositionsAndCommitsRunConcurrently) {
  constexpr int kCallers = 8;
  constexpr int kCalls = 50;
  absl::BlockingCounter calls(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([this, caller, &calls] {
      const std::string name = "s" + std::to_string(caller);
      for (uint64_t i = 1; i <= kCalls; ++i) {
        EXPECT_EQ(ReasonOf(subscriptions_->Commit(name, TokenAt(i))), "OK");
      }
      calls.DecrementCount();
    });
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ReasonOf(CommitFrame(2, 3000)), "OK");
  calls.Wait();
  for (std::thread& caller : callers) caller.join();
  options_.directory = PowerLossCopy();
  subscriptions_.reset();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  Open();
  for (int caller = 0; caller < kCallers; ++caller) {
    EXPECT_EQ(SequenceOf("s" + std::to_string(caller)), uint64_t{kCalls});
  }
  ExpectRange(1, 200);
}

}  // namespace
}  // namespace millrace::feed
