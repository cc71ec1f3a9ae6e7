// SPDX-License-Identifier: Apache-2.0

// Snapshots: their tables, states and progress.

#include "snapshot/jobs.h"

#include <functional>
#include <optional>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/synchronization/notification.h"
#include "log/log_fixture.h"

namespace millrace::snapshot {
namespace {

using log::testing::ReasonOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JobsTest : public log::testing::LogTest {
 protected:
  JobsTest() {
    EXPECT_TRUE(Reopen().ok());
    Open();
  }
  void Open() { jobs_ = Jobs::Open(*log_, clock_).value(); }
  std::string Add(const std::vector<TableName>& tables, const std::string& condition = "") {
    StoredJob job;
    job.set_cause("request");
    job.set_condition(condition);
    return jobs_->Add(std::move(job), tables)->name;
  }
  // Finishes a table like a reader. The stream's batch would write the record.
  void Finish(Assignment assignment, TableState state, uint64_t rows) {
    SetState(state, assignment.progress);
    assignment.progress.set_rows_read(rows);
    ASSERT_TRUE(log_->PutRecords({Jobs::RecordOf(assignment)}).ok());
    jobs_->Update(assignment);
    jobs_->Return(assignment);
  }
  // Writes records of a snapshot as another version did, then opens the log.
  void OpenWith(const std::string& job, const std::string& table) {
    const std::string id = "00000000000000000001";
    ASSERT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, "snapshot.job." + id, Bytes(job)},
                                  {log::RecordKind::kMeta, "snapshot.table." + id + ".000000",
                                   Bytes(table)}})
                    .ok());
    Open();
  }
  // Status and readers continue while the disk delays `change`.
  void ExpectNothingWaitsFor(const std::function<void()>& change) {
    faults_->syncs().Close();
    std::thread changing(change);
    faults_->syncs().AwaitHeld(1);
    EXPECT_THAT(jobs_->List(), ::testing::Not(IsEmpty()));
    jobs_->Wanted(1);
    jobs_->TryTake();
    faults_->syncs().Open();
    changing.join();
  }
  static std::string Bytes(const std::string& hex) { return absl::HexStringToBytes(hex); }
  std::string RecordHex(const std::string& key) {
    const auto records = log_->ListRecords(log::RecordKind::kMeta).value();
    for (const auto& [name, value] : records) {
      if (name == key) return absl::BytesToHexString(value);
    }
    return "";
  }
  std::optional<JobState> StateOf(const std::string& name) {
    for (const JobStatus& status : jobs_->List()) {
      if (status.name == name) return status.state;
    }
    return std::nullopt;
  }

  const TableName orders_{"shop", "orders"};
  const TableName items_{"shop", "items"};
  std::unique_ptr<Jobs> jobs_;
  absl::Notification retried_;
};

TEST_F(JobsTest, SlowDiskDelaysOnlyItsCaller) {
  Add({{"shop", "a"}});
  ExpectNothingWaitsFor([this] { Add({{"shop", "b"}}); });
  ExpectNothingWaitsFor([this] { jobs_->SetState("s2", JobState::kPaused).IgnoreError(); });
  EXPECT_EQ(jobs_->List().front().state, JobState::kPaused);
}

TEST_F(JobsTest, RetryNowEndsTheRetryDelay) {
  Add({orders_});
  jobs_->Return(*jobs_->Take(), clock_.SteadyMicros() + 1'000'000);
  EXPECT_FALSE(jobs_->TryTake().has_value());
  jobs_->RetryNow();
  EXPECT_EQ(jobs_->TryTake()->table, orders_);
}

TEST_F(JobsTest, RetryNowEndsAPause) {
  std::thread retry([this] {
    while (!retried_.WaitForNotificationWithTimeout(absl::Milliseconds(1))) jobs_->RetryNow();
  });
  EXPECT_FALSE(jobs_->SleepUntilStopped(Micros{3600} * 1'000'000));
  retried_.Notify();
  retry.join();
  jobs_->Stop();
  EXPECT_TRUE(jobs_->SleepUntilStopped(Micros{3600} * 1'000'000));
}

TEST_F(JobsTest, TablesAreAssignedOnceInOrder) {
  Add({orders_, items_});
  EXPECT_EQ(jobs_->Take()->table, orders_);
  EXPECT_EQ(jobs_->Take()->table, items_);
  jobs_->Stop();
  EXPECT_FALSE(jobs_->Take().has_value());
}

TEST_F(JobsTest, TableHasOneReaderAtATime) {
  Add({orders_});
  Add({orders_, items_});
  EXPECT_EQ(jobs_->Take()->table, orders_);
  EXPECT_EQ(jobs_->Take()->table, items_);
}

TEST_F(JobsTest, SnapshotEndsWithItsLastTable) {
  const std::string name = Add({orders_, items_});
  Finish(*jobs_->Take(), TableState::kDone, 10);
  EXPECT_EQ(StateOf(name), JobState::kRunning);
  Finish(*jobs_->Take(), TableState::kGone, 0);
  EXPECT_EQ(StateOf(name), JobState::kDone);
}

TEST_F(JobsTest, SnapshotResumesAfterRestart) {
  const std::string name = Add({orders_, items_});
  Finish(*jobs_->Take(), TableState::kDone, 10);
  Open();
  EXPECT_EQ(jobs_->List()[0].tables[0].rows_read, 10u);
  EXPECT_EQ(jobs_->Take()->table, items_);
  EXPECT_EQ(StateOf(name), JobState::kRunning);
}

TEST_F(JobsTest, SnapshotWithUnstoredEndResumes) {
  const std::string name = Add({orders_});
  Assignment assignment = *jobs_->Take();
  // The batch with the last rows never reached the disk.
  SetState(TableState::kDone, assignment.progress);
  jobs_->Return(assignment);
  EXPECT_EQ(StateOf(name), JobState::kDone);
  Open();
  EXPECT_EQ(StateOf(name), JobState::kRunning);
  EXPECT_EQ(jobs_->Take()->table, orders_);
}

TEST_F(JobsTest, PausedSnapshotIsUnwantedUntilResumed) {
  const std::string name = Add({orders_});
  const Assignment assignment = *jobs_->Take();
  EXPECT_EQ(jobs_->SetState(name, JobState::kPaused)->state, JobState::kPaused);
  EXPECT_FALSE(jobs_->Wanted(assignment.job));
  jobs_->Return(assignment);
  Open();
  EXPECT_EQ(StateOf(name), JobState::kPaused);
  EXPECT_EQ(jobs_->SetState(name, JobState::kRunning)->state, JobState::kRunning);
  EXPECT_EQ(jobs_->Take()->table, orders_);
}

TEST_F(JobsTest, CanceledSnapshotStaysCanceled) {
  const std::string name = Add({orders_});
  EXPECT_EQ(jobs_->SetState(name, JobState::kCanceled)->state, JobState::kCanceled);
  EXPECT_EQ(jobs_->SetState(name, JobState::kRunning)->state, JobState::kCanceled);
  EXPECT_EQ(ReasonOf(jobs_->SetState("s77", JobState::kRunning)), "SNAPSHOT_NOT_FOUND");
}

TEST_F(JobsTest, ResumeRetriesFailedTables) {
  const std::string name = Add({orders_});
  Finish(*jobs_->Take(), TableState::kFailed, 3);
  EXPECT_EQ(StateOf(name), JobState::kDone);
  EXPECT_EQ(ReasonOf(jobs_->FailureOf(orders_, 0)), "SNAPSHOT_UNAVAILABLE");
  EXPECT_EQ(jobs_->SetState(name, JobState::kRunning)->state, JobState::kRunning);
  EXPECT_EQ(jobs_->Take()->table, orders_);
}

TEST_F(JobsTest, FailureDoesNotCountAfterRestart) {
  Add({orders_});
  Finish(*jobs_->Take(), TableState::kFailed, 3);
  Open();
  EXPECT_TRUE(jobs_->FailureOf(orders_, 0).ok());
}

// When the snapshot is resumed, the rows before `last_key` are not on disk yet.
TEST_F(JobsTest, ResumeStoresNoProgressAheadOfRows) {
  const std::string name = Add({orders_});
  Assignment assignment = *jobs_->Take();
  assignment.progress.add_last_key("100");
  SetState(TableState::kFailed, assignment.progress);
  jobs_->Return(assignment);
  ASSERT_TRUE(jobs_->SetState(name, JobState::kRunning).ok());
  EXPECT_THAT(jobs_->Take()->progress.last_key(), SizeIs(1));
  Open();
  EXPECT_THAT(jobs_->Take()->progress.last_key(), IsEmpty());
}

TEST_F(JobsTest, FailedTableIsRetriedAfterRestart) {
  const std::string name = Add({orders_});
  Finish(*jobs_->Take(), TableState::kFailed, 3);
  ASSERT_TRUE(jobs_->SetState(name, JobState::kRunning).ok());
  Open();
  EXPECT_EQ(StateOf(name), JobState::kRunning);
  const Assignment again = *jobs_->Take();
  EXPECT_EQ(again.progress.rows_read(), 3u);
  EXPECT_EQ(again.progress.error(), "");
  Finish(again, TableState::kFailed, 4);
  Open();
  EXPECT_EQ(StateOf(name), JobState::kDone);
  EXPECT_EQ(jobs_->List()[0].tables[0].state, TableState::kFailed);
}

TEST_F(JobsTest, ReadTableIsKnownWhileOthersAreRead) {
  Add({orders_, items_});
  Finish(*jobs_->Take(), TableState::kDone, 3);
  EXPECT_FALSE(jobs_->WillRead(orders_));
  EXPECT_TRUE(jobs_->WasReadSinceOrJobIsOpen(orders_, clock_.WallMicros()));
  EXPECT_FALSE(jobs_->WasReadSince(orders_, clock_.WallMicros()));
  EXPECT_FALSE(jobs_->WasReadSinceOrJobIsOpen(items_, clock_.WallMicros()));
}

TEST_F(JobsTest, NewestSnapshotDecidesIfTableWasRead) {
  Add({orders_, items_});
  Finish(*jobs_->Take(), TableState::kDone, 3);
  const std::string again = Add({orders_});
  EXPECT_FALSE(jobs_->WasReadSinceOrJobIsOpen(orders_, 0));
  ASSERT_TRUE(jobs_->SetState(again, JobState::kCanceled).ok());
  EXPECT_FALSE(jobs_->WasReadSinceOrJobIsOpen(orders_, 0));
  EXPECT_FALSE(jobs_->WasReadSince(orders_, 0));
}

TEST_F(JobsTest, PartialSnapshotDoesNotReadTheTable) {
  Add({orders_}, "id > 3");
  EXPECT_FALSE(jobs_->WillRead(orders_));
  Add({items_});
  EXPECT_TRUE(jobs_->WillRead(items_));
}

TEST_F(JobsTest, LongConditionIsShortenedInList) {
  std::string condition = "name = '";
  for (int i = 0; i < 1000; ++i) condition += "日";
  Add({orders_}, condition + "'");
  EXPECT_EQ(jobs_->List()[0].where, condition.substr(0, 8 + 1014) + "…");
  EXPECT_EQ(jobs_->Take()->rows.where, condition + "'");
}

TEST_F(JobsTest, PartialFailureDoesNotCountForTable) {
  Add({orders_}, "id > 3");
  Finish(*jobs_->Take(), TableState::kFailed, 0);
  EXPECT_TRUE(jobs_->FailureOf(orders_, 0).ok());
  Add({orders_}, "id > 4");
  Finish(*jobs_->Take(), TableState::kDone, 3);
  EXPECT_FALSE(jobs_->WasReadSince(orders_, 0));
}

TEST_F(JobsTest, StoredFormIsGolden) {
  StoredJob job;
  job.set_cause("request");
  job.set_condition("id > 3");
  job.set_key_from("5");
  job.set_key_to("9");
  ASSERT_TRUE(jobs_->Add(job, {orders_}).ok());
  EXPECT_EQ(RecordHex("snapshot.job.00000000000000000001"),
            "080110011a077265717565737420c0843d3a01354201394a0e0a0473686f7012066f7264657273"
            "52066964203e2033");
  Open();
  const Assignment assignment = *jobs_->Take();
  EXPECT_EQ(assignment.rows.where, "id > 3");
  EXPECT_EQ(assignment.rows.key_from, "5");
  EXPECT_EQ(assignment.rows.key_to, "9");
}

// `where` is the SQL `id > 3`, of a running and of a paused snapshot. The table is waiting or being
// read.
constexpr char kRunningWithSql[] =
    "080110011a077265717565737420c0843d32066964203e20334a0e0a0473686f7012066f7264657273";
constexpr char kPausedWithSql[] =
    "080110021a077265717565737420c0843d32066964203e20334a0e0a0473686f7012066f7264657273";
constexpr char kWaitingTable[] = "0801";
constexpr char kReadingTable[] = "080210055001";

TEST_F(JobsTest, SqlConditionIsNeverRun) {
  for (const char* job : {kRunningWithSql, kPausedWithSql}) {
    for (const char* table : {kWaitingTable, kReadingTable}) {
      OpenWith(job, table);
      EXPECT_FALSE(jobs_->TryTake().has_value());
      const JobStatus snapshot = jobs_->List().at(0);
      EXPECT_EQ(snapshot.state, JobState::kDone);
      EXPECT_EQ(snapshot.where, "id > 3");
      EXPECT_EQ(snapshot.tables[0].state, TableState::kFailed);
      EXPECT_EQ(snapshot.tables[0].error_reason, "CONDITION_OUTDATED");
      EXPECT_THAT(snapshot.tables[0].error, HasSubstr("start the snapshot again"));
    }
  }
}

TEST_F(JobsTest, SqlConditionIsNotResumed) {
  OpenWith(kRunningWithSql, kReadingTable);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ReasonOf(jobs_->SetState("s1", JobState::kRunning)), "CONDITION_OUTDATED");
    EXPECT_FALSE(jobs_->TryTake().has_value());
    Open();
  }
  EXPECT_EQ(Add({orders_}, "id > 3"), "s2");
  EXPECT_EQ(jobs_->TryTake()->rows.where, "id > 3");
}

// The numbers on disk, in all versions.
TEST(StoredStates, KeepTheirNumbers) {
  StoredJob job;
  uint32_t number = 0;
  for (const JobState state :
       {JobState::kRunning, JobState::kPaused, JobState::kDone, JobState::kCanceled}) {
    SetState(state, job);
    EXPECT_EQ(job.state(), ++number);
    EXPECT_EQ(StateOf(job), state);
  }
  Progress table;
  number = 0;
  for (const TableState state : {TableState::kWaiting, TableState::kReading, TableState::kDone,
                                 TableState::kGone, TableState::kFailed}) {
    SetState(state, table);
    EXPECT_EQ(table.state(), ++number);
    EXPECT_EQ(StateOf(table), state);
  }
}

TEST_F(JobsTest, OldestFinishedSnapshotsAreDeleted) {
  for (int i = 0; i < 30; ++i) {
    Add({orders_});
    Finish(*jobs_->Take(), TableState::kDone, 1);
  }
  EXPECT_LE(jobs_->List().size(), 21u);
  Open();
  EXPECT_LE(jobs_->List().size(), 21u);
  EXPECT_EQ(jobs_->List()[0].name, "s30");
}

TEST_F(JobsTest, WaitingReaderGetsANewTable) {
  std::optional<Assignment> taken;
  std::thread reader([&] { taken = jobs_->Take(); });
  Add({orders_});
  reader.join();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->table, orders_);
}

TEST_F(JobsTest, UnstorableSnapshotDoesNotStart) {
  faults_->FillDisk();
  StoredJob job;
  EXPECT_EQ(ReasonOf(jobs_->Add(job, {orders_})), "DISK_FULL");
  EXPECT_THAT(jobs_->List(), IsEmpty());
  faults_->FreeDisk();
  EXPECT_EQ(Add({orders_}), "s1");
}

TEST_F(JobsTest, UnstorableStateDoesNotChange) {
  const std::string name = Add({orders_});
  const Assignment assignment = *jobs_->Take();
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(jobs_->SetState(name, JobState::kCanceled)), "DISK_FULL");
  EXPECT_EQ(StateOf(name), JobState::kRunning);
  EXPECT_TRUE(jobs_->Wanted(assignment.job));
  faults_->FreeDisk();
  EXPECT_EQ(jobs_->SetState(name, JobState::kCanceled)->state, JobState::kCanceled);
}

TEST_F(JobsTest, FailedTableIsRetriedOnlyOnceStored) {
  const std::string name = Add({orders_});
  Finish(*jobs_->Take(), TableState::kFailed, 3);
  faults_->FillDisk();
  EXPECT_EQ(ReasonOf(jobs_->SetState(name, JobState::kRunning)), "DISK_FULL");
  EXPECT_EQ(StateOf(name), JobState::kDone);
  EXPECT_EQ(jobs_->List()[0].tables[0].state, TableState::kFailed);
}

TEST_F(JobsTest, FailedAddDeletesNoOldSnapshots) {
  for (int i = 0; i < 21; ++i) {
    Add({orders_});
    Finish(*jobs_->Take(), TableState::kDone, 1);
  }
  EXPECT_THAT(jobs_->List(), SizeIs(21));
  faults_->FillDisk();
  StoredJob job;
  EXPECT_EQ(ReasonOf(jobs_->Add(job, {orders_})), "DISK_FULL");
  EXPECT_THAT(jobs_->List(), SizeIs(21));
  faults_->FreeDisk();
  Add({orders_});
  EXPECT_EQ(jobs_->List().back().name, "s2");
  Open();
  EXPECT_EQ(jobs_->List().back().name, "s2");
}

TEST_F(JobsTest, UnreadableRecordIsDamage) {
  Add({orders_});
  const auto records = log_->ListRecords(log::RecordKind::kMeta).value();
  ASSERT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, records.back().first, "\xff\xff"}}).ok());
  EXPECT_EQ(ReasonOf(Jobs::Open(*log_, clock_)), "LOG_DAMAGED");
}

}  // namespace
}  // namespace millrace::snapshot
