// SPDX-License-Identifier: Apache-2.0

#include "ingest/writer.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using log::testing::ReasonOf;

constexpr uint32_t kWriterFrameBytes = 64 << 10;

// A writer on a real log with made-up changes. End waits for everything passed to the committer;
// nothing else is in the log afterwards.
class WriterTest : public log::testing::LogTest, protected Writer::Producer {
 protected:
  WriterTest() {
    EXPECT_TRUE(Reopen().ok());
    registry_ = schema::Registry::FromRecords({}, Flavour::kMysql).value();
    coverage_ = coverage::Coverage::Open(*log_).value();
    table_.table_id = 9;
    table_.name = {"b", "small"};
    table_.type_url = "t/db.b.small";
    writer_.emplace(Writer::Parts{
        .log = *log_,
        .registry = *registry_,
        .coverage = *coverage_,
        .clock = clock_,
        .committer = {.on_committed =
                          [this](const auto&) {
                            committed_.HasBeenNotified() ? void() : committed_.Notify();
                          },
                      .keep_from = [] { return std::optional<Sequence>(); },
                      .on_disk_error = [this] { ++reports_; }}});
  }
  ~WriterTest() override { writer_->End(); }
  void Begin() { writer_->Begin(builder_, *this); }

  // Like GroupBuilder, without records.
  std::optional<CommitGroup> TakeGroup(bool drop_staged) override {
    CommitGroup group;
    group.drop_staged = drop_staged;
    for (transcode::BuiltFrame& frame : builder_.TakeFrames()) {
      (frame.unfinished ? group.staged : group.frames).push_back(std::move(frame));
    }
    const bool complete = !builder_.has_open_changes();
    if (complete && (!builder_.in_transaction() || !group.frames.empty())) {
      group.source_position = position_;
      group.newest = builder_.newest();
    } else if (group.staged.empty() && !drop_staged) {
      return std::nullopt;
    }
    ++taken_;
    return group;
  }
  void AfterHandOver() override { ++accepted_; }
  bool MayCloseFrame() const override { return may_close_; }
  bool TakePositionMoved() override { return std::exchange(moved_, false); }

  void BeginTransaction() {
    builder_.BeginTransaction({.gtid = {}, .commit_time = 1, .server_id = 11, .file = {}});
  }
  void Add(int rows, size_t row_bytes = 10) {
    for (int i = 0; i < rows; ++i) {
      EXPECT_TRUE(builder_.AddRead(table_, std::string(row_bytes, 'x'), {}).ok());
    }
  }
  // Adds a whole transaction of `rows` rows and reports its end to the writer.
  absl::Status Transaction(int rows, size_t row_bytes, bool more) {
    BeginTransaction();
    Add(rows, row_bytes);
    builder_.EndTransaction();
    return writer_->AfterTransaction({.more = more});
  }
  absl::Status SmallTransaction(bool more) { return Transaction(1, 10, more); }
  // Moves only the position.
  void Move(std::string position) {
    position_ = std::move(position);
    moved_ = true;
    EXPECT_TRUE(writer_->AfterTransaction({.more = true}).ok());
  }
  void ExpectWritten(uint64_t newest) {
    writer_->End();
    ExpectRange(1, newest);
  }
  void AwaitFailure() {
    while (writer_->status().ok()) std::this_thread::yield();
  }

  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<coverage::Coverage> coverage_;
  schema::TableVersion table_;
  transcode::FrameBuilder builder_{kWriterFrameBytes, {}};
  std::string position_ = "position";
  bool may_close_ = true;
  bool moved_ = false;
  int taken_ = 0;
  int accepted_ = 0;
  std::atomic<int> reports_ = 0;
  absl::Notification committed_;
  std::optional<Writer> writer_;
};

TEST_F(WriterTest, FlushesWithoutMoreInput) {
  Begin();
  EXPECT_TRUE(SmallTransaction(/*more=*/true).ok());
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  committed_.WaitForNotification();
  ExpectWritten(2);
  EXPECT_EQ(log_->source_position(), "position");
}

TEST_F(WriterTest, SmallTransactionsGatherWhileMoreInputArrives) {
  Begin();
  clock_.Pass(Writer::kPositionInterval);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(SmallTransaction(/*more=*/true).ok());
  EXPECT_EQ(taken_, 0) << "the frame is open";
  ExpectWritten(0);
}

TEST_F(WriterTest, ClosedFramesAreTakenAndGathered) {
  Begin();
  EXPECT_TRUE(Transaction(1, kWriterFrameBytes, /*more=*/true).ok());
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(accepted_, 1);
  ExpectWritten(0);
}

TEST_F(WriterTest, GatheredMebibyteIsFlushed) {
  Begin();
  constexpr size_t kFrames = Writer::kGatherBytes / kWriterFrameBytes;
  for (size_t i = 0; i < kFrames; ++i) {
    EXPECT_TRUE(Transaction(1, kWriterFrameBytes, /*more=*/true).ok());
  }
  ExpectWritten(kFrames);
}

TEST_F(WriterTest, FinishedTransactionsAreFlushedAfterFourMebibytesInput) {
  Begin();
  EXPECT_TRUE(SmallTransaction(/*more=*/true).ok());
  writer_->NoteInput(Writer::kUnpushedInputBytesMax - 1);
  EXPECT_TRUE(writer_->AfterTransaction({.more = true}).ok());
  EXPECT_EQ(taken_, 0);
  writer_->NoteInput(1);
  EXPECT_TRUE(writer_->AfterTransaction({.more = true}).ok());
  EXPECT_EQ(taken_, 1);
  ExpectWritten(1);
}

TEST_F(WriterTest, InputCountsFromTheLastFlush) {
  Begin();
  writer_->NoteInput(Writer::kUnpushedInputBytesMax - 1);
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  EXPECT_TRUE(SmallTransaction(/*more=*/true).ok());
  writer_->NoteInput(1);
  EXPECT_TRUE(writer_->AfterTransaction({.more = true}).ok());
  ExpectWritten(1);
}

TEST_F(WriterTest, LargeTransactionDoesNotDelayFinishedOnes) {
  Begin();
  EXPECT_TRUE(SmallTransaction(/*more=*/true).ok());
  BeginTransaction();
  writer_->NoteInput(Writer::kUnpushedInputBytesMax);
  EXPECT_TRUE(writer_->AfterEvent().ok());
  ExpectWritten(1);
}

TEST_F(WriterTest, FrameThatMayNotBeClosedStaysOpen) {
  Begin();
  EXPECT_TRUE(SmallTransaction(/*more=*/true).ok());
  BeginTransaction();
  may_close_ = false;
  writer_->NoteInput(Writer::kUnpushedInputBytesMax);
  EXPECT_TRUE(writer_->AfterEvent().ok());
  EXPECT_EQ(taken_, 0);
  ExpectWritten(0);
}

TEST_F(WriterTest, LargeTransactionIsStagedInFrames) {
  Begin();
  BeginTransaction();
  Add(2, kWriterFrameBytes);
  EXPECT_TRUE(writer_->AfterEvent().ok());
  EXPECT_EQ(taken_, 1);
  builder_.EndTransaction();
  EXPECT_TRUE(writer_->AfterTransaction({.more = false}).ok());
  ExpectWritten(2);
}

TEST_F(WriterTest, StagedFramesAreDroppedBeforeNextOnes) {
  Begin();
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  BeginTransaction();
  Add(2, kWriterFrameBytes);
  EXPECT_TRUE(writer_->Flush(/*drop_staged=*/false).ok());
  EXPECT_TRUE(builder_.AbandonTransaction());
  EXPECT_TRUE(writer_->AfterTransaction({.drop_staged = true, .more = true}).ok());
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  ExpectWritten(2);
}

TEST_F(WriterTest, MovedPositionIsStoredEachSecond) {
  Begin();
  Move("1");
  EXPECT_EQ(taken_, 1);
  clock_.Pass(Writer::kPositionInterval - 1);
  Move("2");
  EXPECT_EQ(taken_, 1);
  clock_.Pass(1);
  Move("3");
  EXPECT_EQ(taken_, 2);
  EXPECT_TRUE(writer_->Flush(/*drop_staged=*/false).ok());
  ExpectWritten(0);
  EXPECT_EQ(log_->source_position(), "3");
}

TEST_F(WriterTest, PositionThatDidNotMoveIsNotStored) {
  Begin();
  EXPECT_TRUE(writer_->AfterTransaction({.more = true}).ok());
  EXPECT_EQ(taken_, 0);
}

TEST_F(WriterTest, CommitterFailureIsReturned) {
  Begin();
  faults_->FailSyncs(true);
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  AwaitFailure();
  while (true) {
    const absl::Status status = SmallTransaction(/*more=*/false);
    if (status.ok()) continue;
    EXPECT_EQ(ReasonOf(status), "STORAGE_FAILED");
    break;
  }
}

TEST_F(WriterTest, FullDiskIsReportedUntilEnd) {
  EXPECT_TRUE(writer_->disk_error().ok()) << "nothing has started";
  Begin();
  faults_->FillDisk();
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  while (ReasonOf(writer_->disk_error()) != "DISK_FULL") std::this_thread::yield();
  while (reports_ == 0) std::this_thread::yield();
  writer_->GiveUpWaiting();
  writer_->End();
  EXPECT_TRUE(writer_->disk_error().ok());
  ExpectRange(1, 0);
}

TEST_F(WriterTest, GiveUpWaitingReleasesEnd) {
  Begin();
  faults_->FillDisk();
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  while (ReasonOf(writer_->disk_error()) != "DISK_FULL") std::this_thread::yield();
  absl::Notification ended;
  std::thread ends([&] {
    writer_->End();
    ended.Notify();
  });
  // Still reported while End waits.
  EXPECT_FALSE(ended.WaitForNotificationWithTimeout(absl::Milliseconds(20)));
  EXPECT_EQ(ReasonOf(writer_->disk_error()), "DISK_FULL");
  writer_->GiveUpWaiting();
  ends.join();
  ExpectRange(1, 0);
}

TEST_F(WriterTest, GiveUpWaitingBeforeBeginStillApplies) {
  writer_->GiveUpWaiting();
  Begin();
  faults_->FillDisk();
  EXPECT_TRUE(SmallTransaction(/*more=*/false).ok());
  writer_->End();
  ExpectRange(1, 0);
}

}  // namespace
}  // namespace millrace::ingest
