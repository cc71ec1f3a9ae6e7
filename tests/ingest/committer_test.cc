// SPDX-License-Identifier: Apache-2.0

#include "ingest/committer.h"

#include <thread>

#include "absl/synchronization/notification.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using log::testing::ReasonOf;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class CommitterTest : public log::testing::LogTest {
 protected:
  CommitterTest() {
    registry_ = schema::Registry::FromRecords({}, Flavour::kMysql).value();
    EXPECT_TRUE(Reopen().ok());
    coverage_ = coverage::Coverage::Open(*log_).value();
    Start();
  }
  ~CommitterTest() override { Finish(); }

  void Start() {
    committer_ = std::make_unique<Committer>(
        *log_, *registry_, *coverage_, clock_,
        Committer::Options{.on_committed = [this](auto frames) { OnCommitted(std::move(frames)); },
                           .keep_from = [this]() -> std::optional<Sequence> {
                             ++trims_;
                             if (hold_trim_) release_.WaitForNotification();
                             return std::nullopt;
                           },
                           .on_disk_error = [this] { ++reports_; }});
  }
  // Waits until every pushed group is on disk or has failed.
  void Finish() {
    release_.HasBeenNotified() ? void() : release_.Notify();
    committer_.reset();
  }
  void OnCommitted(std::vector<std::shared_ptr<const log::Frame>> frames) {
    std::vector<uint64_t> firsts;
    for (const auto& frame : frames) firsts.push_back(frame->first().value);
    published_.push_back(firsts);
    known_names_.push_back(registry_->List().size());
    named_ = registry_->NameOf(1).has_value();
    entered_.HasBeenNotified() ? void() : entered_.Notify();
    if (hold_) release_.WaitForNotification();
  }
  // The next frame, with two changes.
  transcode::BuiltFrame Frame(bool unfinished = false) {
    auto [first, bytes] = NextFrame(2);
    return {.first = first,
            .last = {first.value + 1},
            .bytes = std::move(bytes),
            .unfinished = unfinished};
  }
  CommitGroup Group(std::vector<transcode::BuiltFrame> frames) {
    CommitGroup group;
    group.frames = std::move(frames);
    group.source_position = "position";
    group.newest = {next_.value - 1};
    return group;
  }
  CommitGroup StagedGroup(std::vector<transcode::BuiltFrame> frames) {
    CommitGroup group;
    group.staged = std::move(frames);
    return group;
  }
  std::vector<transcode::BuiltFrame> Frames(size_t count) {
    std::vector<transcode::BuiltFrame> frames;
    for (size_t i = 0; i < count; ++i) frames.push_back(Frame());
    return frames;
  }
  // Waits until this many frames are in the log, visible or not.
  void AwaitWritten(uint64_t frames) {
    while (log_->written().frames < frames) std::this_thread::yield();
  }
  // Waits until the committer reports `reason`.
  void AwaitDiskError(std::string_view reason) {
    while (ReasonOf(committer_->disk_error()) != reason) std::this_thread::yield();
  }

  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<coverage::Coverage> coverage_;
  // Written on the committer's thread; read after Finish.
  std::vector<std::vector<uint64_t>> published_;
  std::vector<size_t> known_names_;
  bool named_ = false;
  int reports_ = 0;  // calls of on_disk_error
  std::atomic<int> trims_ = 0;
  std::atomic<bool> hold_{false};
  std::atomic<bool> hold_trim_{false};
  absl::Notification entered_;
  absl::Notification release_;
  std::unique_ptr<Committer> committer_;
};

TEST_F(CommitterTest, GroupsBecomeVisibleInOrder) {
  EXPECT_TRUE(committer_->Push(Group(Frames(2))));
  EXPECT_TRUE(committer_->Push(Group(Frames(1))));
  Finish();
  ExpectRange(1, 6);
  EXPECT_EQ(log_->source_position(), "position");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3, 5));
}

TEST_F(CommitterTest, PendingGroupsAreCommittedTogether) {
  hold_ = true;
  committer_->Push(Group(Frames(1)));
  entered_.WaitForNotification();
  for (int i = 0; i < 4; ++i) committer_->Push(Group(Frames(1)));
  hold_ = false;
  Finish();
  EXPECT_THAT(published_, ElementsAre(ElementsAre(1), ElementsAre(3, 5, 7, 9)));
}

TEST_F(CommitterTest, GroupWithoutFramesStoresThePosition) {
  CommitGroup group = Group({});
  group.source_position = "elsewhere";
  group.source_memory = "memory";
  committer_->Push(std::move(group));
  Finish();
  EXPECT_EQ(log_->source_position(), "elsewhere");
  EXPECT_EQ(log_->GetRecord(log::RecordKind::kMeta, "source.memory").value(), "memory");
  EXPECT_THAT(published_, ElementsAre(::testing::IsEmpty()));
}

TEST_F(CommitterTest, EndOfTransactionShowsStagedFrames) {
  committer_->Push(StagedGroup({Frame(true), Frame(true)}));
  committer_->Push(StagedGroup({Frame(true)}));
  AwaitWritten(3);
  committer_->Push(Group(Frames(1)));
  Finish();
  ExpectRange(1, 8);
  EXPECT_THAT(published_, ElementsAre(ElementsAre(7)));
}

TEST_F(CommitterTest, FinishedPendingTransactionIsNotStaged) {
  hold_ = true;
  committer_->Push(Group(Frames(1)));
  entered_.WaitForNotification();
  committer_->Push(StagedGroup({Frame(true), Frame(true)}));
  committer_->Push(Group(Frames(1)));
  hold_ = false;
  Finish();
  ExpectRange(1, 8);
  EXPECT_THAT(published_, ElementsAre(ElementsAre(1), ElementsAre(3, 5, 7)));
}

TEST_F(CommitterTest, StagedFramesAloneAreNotVisible) {
  committer_->Push(StagedGroup({Frame(true)}));
  Finish();
  ExpectRange(1, 0);
  EXPECT_THAT(published_, SizeIs(0));
}

// A large transaction started after small ones that finished.
TEST_F(CommitterTest, FinishedFramesPrecedeStagedOnes) {
  CommitGroup group = Group(Frames(1));
  group.staged.push_back(Frame(true));
  committer_->Push(std::move(group));
  committer_->Push(Group(Frames(1)));
  Finish();
  EXPECT_EQ(ReasonOf(log_->FrameContaining({3})), "OK");
  ExpectRange(1, 6);
}

TEST_F(CommitterTest, DroppedFramesMakeRoomForOthers) {
  committer_->Push(Group(Frames(1)));
  committer_->Push(StagedGroup({Frame(true), Frame(true)}));
  next_ = {3};
  CommitGroup group = Group(Frames(1));
  group.drop_staged = true;
  committer_->Push(std::move(group));
  Finish();
  ExpectRange(1, 4);
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3));
}

TEST_F(CommitterTest, TableVersionsAreKnownBeforeRowsAreVisible) {
  registry_->TableIdOf({"shop", "orders"});
  CommitGroup group = Group(Frames(1));
  group.records = registry_->TakeUnstored();
  group.schema_steps = 1;
  committer_->Push(std::move(group));
  Finish();
  EXPECT_TRUE(named_);
}

TEST_F(CommitterTest, MergedGroupsMarkAllTableVersionsStored) {
  hold_ = true;
  committer_->Push(Group(Frames(1)));
  entered_.WaitForNotification();
  for (const char* table : {"a", "b", "c"}) {
    registry_->TableIdOf({"shop", table});
    CommitGroup group = Group(Frames(1));
    group.records = registry_->TakeUnstored();
    group.schema_steps = 1;
    committer_->Push(std::move(group));
  }
  hold_ = false;
  Finish();
  EXPECT_THAT(published_, SizeIs(2));
  for (uint32_t id = 1; id <= 3; ++id) EXPECT_TRUE(registry_->NameOf(id).has_value()) << id;
}

TEST_F(CommitterTest, FullDiskIsRetried) {
  faults_->FillDisk();
  committer_->Push(Group(Frames(1)));
  AwaitDiskError("DISK_FULL");
  EXPECT_TRUE(committer_->status().ok());
  faults_->FreeDisk();
  AwaitDiskError("OK");
  Finish();
  ExpectRange(1, 2);
}

TEST_F(CommitterTest, FullDiskStartAndEndAreReported) {
  faults_->FillDisk();
  committer_->Push(Group(Frames(1)));
  AwaitDiskError("DISK_FULL");
  faults_->FreeDisk();
  AwaitDiskError("OK");
  Finish();
  EXPECT_EQ(reports_, 2);
}

TEST_F(CommitterTest, RetentionIsAppliedOnAFullDisk) {
  faults_->FillDisk();
  committer_->Push(Group(Frames(1)));
  AwaitDiskError("DISK_FULL");
  faults_->FreeDisk();
  Finish();
  EXPECT_EQ(trims_, 1);
}

TEST_F(CommitterTest, FullDiskIsRetriedForStagedFrames) {
  faults_->FillDisk();
  committer_->Push(StagedGroup({Frame(true)}));
  AwaitDiskError("DISK_FULL");
  faults_->FreeDisk();
  committer_->Push(Group(Frames(1)));
  Finish();
  ExpectRange(1, 4);
}

TEST_F(CommitterTest, GiveUpWaitingEndsRetries) {
  faults_->FillDisk();
  committer_->Push(Group(Frames(1)));
  AwaitDiskError("DISK_FULL");
  committer_->GiveUpWaiting();
  while (committer_->status().ok()) std::this_thread::yield();
  EXPECT_EQ(ReasonOf(committer_->status()), "DISK_FULL");
  while (committer_->Push(Group({}))) std::this_thread::yield();
  ExpectRange(1, 0);
}

TEST_F(CommitterTest, FailedSyncStopsCommitter) {
  faults_->FailSyncs(true);
  committer_->Push(Group(Frames(1)));
  while (committer_->status().ok()) std::this_thread::yield();
  EXPECT_EQ(ReasonOf(committer_->status()), "STORAGE_FAILED");
  while (committer_->Push(Group({}))) std::this_thread::yield();
  Finish();
  EXPECT_THAT(published_, SizeIs(0));
}

TEST_F(CommitterTest, RetentionIsAppliedPeriodically) {
  committer_->Push(Group(Frames(1)));
  Finish();
  EXPECT_EQ(trims_, 0);
  Start();
  clock_.Pass(10'000'000);
  committer_->Push(Group(Frames(1)));
  Finish();
  EXPECT_EQ(trims_, 1);
}

TEST_F(CommitterTest, CommitsDoNotWaitForRetention) {
  hold_trim_ = true;
  clock_.Pass(10'000'000);
  committer_->Push(Group(Frames(1)));
  while (trims_ == 0) std::this_thread::yield();
  committer_->Push(Group(Frames(1)));
  while (log_->range().newest.value < 4) std::this_thread::yield();
  Finish();
}

}  // namespace
}  // namespace millrace::ingest
