// SPDX-License-Identifier: Apache-2.0

// Tests what snapshot readers see of the stream, and what goes to disk when they add to it.

#include "ingest/task_access.h"

#include <thread>

#include "ingest/processor_fixture.h"
#include "snapshot/stream_tasks.h"

namespace millrace::ingest {
namespace {

using snapshot::StreamAccess;
using snapshot::StreamTasks;
using snapshot::TableChanges;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TableName kSmall{"b", "small"};

class TaskAccessTest : public ProcessorTest {
 protected:
  TaskAccessTest() {
    groups_.emplace(*processor_, *builder_, *registry_, *coverage_, *prepared_xa_, *merge_tables_);
    server_.server_uuid = "uuid";
    server_.server_id = 11;
    read_table_.table_id = 9;
    read_table_.name = kSmall;
    read_table_.type_url = "t/db.b.small";
    NameFile();
  }
  void NameFile() { Send(EventType::kRotate, EventSource::Rotate("binlog.000001", 4)); }

  TaskAccess Access() {
    return TaskAccess({.processor = *processor_,
                       .builder = *builder_,
                       .registry = *registry_,
                       .coverage = *coverage_,
                       .live_changes = live_changes_,
                       .counters = counters_,
                       .groups = *groups_,
                       .server = server_,
                       .ask_server_id = [this] { return server_id_now_; },
                       .epoch = epoch_,
                       .hand_over = [this](bool drop_staged) { return HandOver(drop_staged); }});
  }
  absl::Status HandOver(bool drop_staged) {
    auto group = groups_->Take(drop_staged);
    if (group.has_value()) handed_over_.push_back(*std::move(group));
    return absl::OkStatus();
  }
  // Posts `work` as another thread would, and runs the due tasks.
  void Post(const StreamTasks::Due& due, StreamTasks::Work work) {
    const int posted = wakes_.load();
    tasks_.SetWake([this] { ++wakes_; });
    poster_ =
        std::thread([this, due, work = std::move(work)] { task_result_ = tasks_.Run(due, work); });
    while (wakes_.load() == posted) std::this_thread::yield();
    (void)RunDue();
  }
  absl::Status RunDue() {
    TaskAccess access = Access();
    return tasks_.RunDue(access);
  }
  absl::Status TaskResult() {
    poster_.join();
    return task_result_;
  }
  absl::Status Reads(StreamAccess& access, int rows, size_t row_bytes = 10,
                     bool hand_over = false) {
    access.builder().BeginTransaction({.gtid = {}, .commit_time = 1, .server_id = 11, .file = {}});
    for (int i = 0; i < rows; ++i) {
      const std::string row(row_bytes, 'x');
      MILLRACE_RETURN_IF_ERROR(access.builder().AddRead(read_table_, row, {}));
      if (hand_over) MILLRACE_RETURN_IF_ERROR(access.HandOver());
    }
    return absl::OkStatus();
  }
  static log::Record Record(std::string key) {
    return {log::RecordKind::kMeta, std::move(key), "value"};
  }
  static std::vector<std::string> Keys(const CommitGroup& group) {
    std::vector<std::string> keys;
    for (const log::Record& record : group.records) {
      if (record.kind == log::RecordKind::kMeta) keys.push_back(record.key);
    }
    return keys;
  }

  ServerInfo server_;
  absl::StatusOr<uint32_t> server_id_now_ = 11u;
  schema::TableVersion read_table_;
  uint64_t epoch_ = 1;
  std::optional<GroupBuilder> groups_;
  std::vector<CommitGroup> handed_over_;
  StreamTasks tasks_;
  std::atomic<int> wakes_{0};
  absl::Status task_result_;
  std::thread poster_;
};

TEST_F(TaskAccessTest, PlaceIsCurrentStreamPosition) {
  Transaction(1, 1);
  Send(EventType::kPreviousGtids, std::string(8, '\0'));
  TaskAccess access = Access();
  EXPECT_EQ(access.place(), (BinlogPlace{.file = "binlog.000001", .offset = source_.position()}));
  EXPECT_NE(Place(), access.place().ToString());
  EXPECT_EQ(access.gtids().ToString(), Gtids());
  EXPECT_TRUE(access.IsServer(server_));
  EXPECT_EQ(access.server_id(), 11u);
}

TEST_F(TaskAccessTest, MariadbWithChangedServerIdIsSameServer) {
  TaskAccess access = Access();
  ServerInfo reached = server_;
  reached.server_id = 7;
  EXPECT_TRUE(access.IsServer(reached)) << "server_uuid decides";
  server_.flavour = reached.flavour = Flavour::kMariadb;
  server_.server_uuid = reached.server_uuid = "";
  EXPECT_FALSE(access.IsServer(reached));
  server_id_now_ = 7u;
  EXPECT_TRUE(access.IsServer(reached));
  server_id_now_ = absl::UnavailableError("gone");
  EXPECT_FALSE(access.IsServer(reached));
}

TEST_F(TaskAccessTest, TasksRunBetweenTransactionsOfAKnownFile) {
  EXPECT_TRUE(processor_->between_transactions());
  Gtid(1);
  EXPECT_FALSE(processor_->between_transactions());
  Query("BEGIN");
  EXPECT_FALSE(processor_->between_transactions());
  Xid();
  EXPECT_TRUE(processor_->between_transactions());
  processor_->Reset();
  EXPECT_FALSE(processor_->between_transactions());
  NameFile();
  EXPECT_TRUE(processor_->between_transactions());
}

TEST_F(TaskAccessTest, NewDefinitionIsStoredWithoutAnyChange) {
  Post({}, [](StreamAccess& access) {
    access.registry().TableIdOf(kSmall);
    return absl::OkStatus();
  });
  EXPECT_TRUE(TaskResult().ok());
  ASSERT_THAT(handed_over_, SizeIs(1));
  EXPECT_THAT(handed_over_[0].frames, IsEmpty());
  EXPECT_EQ(handed_over_[0].schema_steps, 1u);
}

TEST_F(TaskAccessTest, ReadsAndTheirRecordAreStoredTogether) {
  Transaction(1, 2);
  Post({}, [this](StreamAccess& access) {
    MILLRACE_RETURN_IF_ERROR(Reads(access, 3));
    access.builder().EndTransaction();
    access.AddRecord(Record("progress"));
    access.coverage().Set(kSmall, {.begin = {3}, .complete = true, .invalid_reason = {}});
    access.CountReads(kSmall, 3);
    return absl::OkStatus();
  });
  EXPECT_TRUE(TaskResult().ok());
  ASSERT_THAT(handed_over_, SizeIs(1));
  const CommitGroup& group = handed_over_[0];
  EXPECT_THAT(Keys(group), SizeIs(2));
  EXPECT_EQ(group.newest.value, 5u);
  ASSERT_FALSE(group.frames.empty());
  EXPECT_EQ(group.frames.back().last.value, 5u);
  EXPECT_EQ(group.coverage_steps, 1u);
  EXPECT_TRUE(group.source_position.has_value());
  EXPECT_EQ(counters_.For(kSmall)->reads.load(), 3u);
}

TEST_F(TaskAccessTest, TaskThatAddsNothingLeavesTheOpenFrame) {
  Transaction(1, 2);
  Post({}, [](StreamAccess&) { return absl::OkStatus(); });
  EXPECT_TRUE(TaskResult().ok());
  EXPECT_THAT(handed_over_, IsEmpty());
  EXPECT_TRUE(builder_->has_open_changes());
}

TEST_F(TaskAccessTest, ReadsWithoutRecordCloseTheFrame) {
  Post({}, [this](StreamAccess& access) {
    MILLRACE_RETURN_IF_ERROR(Reads(access, 1));
    access.builder().EndTransaction();
    return absl::OkStatus();
  });
  EXPECT_TRUE(TaskResult().ok());
  ASSERT_THAT(handed_over_, SizeIs(1));
  EXPECT_EQ(handed_over_[0].newest.value, 1u);
}

TEST_F(TaskAccessTest, TaskWaitsUntilStreamReachesItsPlace) {
  Transaction(1, 1);
  bool ran = false;
  const uint64_t here = source_.position();
  Post({.epoch = 1, .place = BinlogPlace{.file = "binlog.000001", .offset = here + 1}},
       [&ran](StreamAccess&) {
         ran = true;
         return absl::OkStatus();
       });
  EXPECT_FALSE(ran);
  Transaction(2, 1);
  EXPECT_TRUE(RunDue().ok());
  EXPECT_TRUE(TaskResult().ok());
  EXPECT_TRUE(ran);
}

TEST_F(TaskAccessTest, TaskOfEndedConnectionFails) {
  Post({.epoch = 1, .place = BinlogPlace{.file = "binlog.000009", .offset = 4}},
       [](StreamAccess&) { return absl::OkStatus(); });
  epoch_ = 2;
  EXPECT_TRUE(RunDue().ok());
  EXPECT_EQ(ErrorReason(TaskResult()), "STREAM_BROKE");
}

TEST_F(TaskAccessTest, LargeReadIsStagedUntilItsEnd) {
  Transaction(1, 1);
  Post({}, [this](StreamAccess& access) {
    access.AddRecord(Record("progress"));
    access.coverage().Set(kSmall, {.begin = {2}, .complete = true, .invalid_reason = {}});
    MILLRACE_RETURN_IF_ERROR(Reads(access, 20, 30'000, /*hand_over=*/true));
    access.builder().EndTransaction();
    return absl::OkStatus();
  });
  EXPECT_TRUE(TaskResult().ok());
  ASSERT_GT(handed_over_.size(), 3u);
  for (size_t i = 0; i + 1 < handed_over_.size(); ++i) {
    const CommitGroup& group = handed_over_[i];
    EXPECT_THAT(Keys(group), IsEmpty()) << i;
    EXPECT_EQ(group.coverage_steps, 0u) << i;
    EXPECT_LE(group.newest.value, 1u) << i;
    EXPECT_FALSE(group.staged.empty()) << i;
  }
  const CommitGroup& last = handed_over_.back();
  EXPECT_THAT(Keys(last), SizeIs(2));
  EXPECT_EQ(last.newest.value, 21u);
  EXPECT_TRUE(last.staged.empty());
}

TEST_F(TaskAccessTest, FailedTaskLeavesNoChanges) {
  Transaction(1, 1);
  Post({}, [this](StreamAccess& access) {
    access.AddRecord(Record("progress"));
    MILLRACE_RETURN_IF_ERROR(Reads(access, 20, 30'000, /*hand_over=*/true));
    return absl::InternalError("no");
  });
  EXPECT_EQ(TaskResult().code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(builder_->in_transaction());
  EXPECT_TRUE(handed_over_.back().drop_staged);
  EXPECT_EQ(builder_->newest().value, 1u);
  EXPECT_FALSE(groups_->has_records());
}

TEST_F(TaskAccessTest, CoverageIsStoredWithItsFinishedTransaction) {
  coverage_->Set(kSmall, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Transaction(1, 1);
  groups_->NoteTransactionEnd();
  Gtid(2);
  Query("BEGIN");
  builder_->CloseFrame();
  EXPECT_TRUE(HandOver(false).ok());
  ASSERT_THAT(handed_over_, SizeIs(1));
  EXPECT_EQ(handed_over_[0].coverage_steps, 1u);
}

TEST_F(TaskAccessTest, RecordsOfUnfinishedTransactionAreHeldBack) {
  Transaction(1, 1);
  groups_->NoteTransactionEnd();
  Gtid(2);
  Query("BEGIN");
  coverage_->Set(kSmall, {.begin = {1}, .complete = true, .invalid_reason = {}});
  builder_->CloseFrame();
  EXPECT_TRUE(HandOver(false).ok());
  ASSERT_THAT(handed_over_, SizeIs(1));
  EXPECT_THAT(handed_over_[0].frames, SizeIs(1));
  EXPECT_EQ(handed_over_[0].coverage_steps, 0u);
  Xid();
  EXPECT_TRUE(HandOver(false).ok());
  EXPECT_EQ(handed_over_[1].coverage_steps, 1u);
}

// The stream's side: the keys that it changes, and the effect of statements on coverage.
class LiveStreamTest : public ProcessorTest {
 protected:
  // Starts recording changes of b.small, whose key is its first column.
  TableChanges& Record() {
    Transaction(1, 1);
    registry_->TakeUnstored();
    registry_->MarkStored();
    const schema::TableVersionPtr table = registry_->Find(kSmall);
    key_.emplace(transcode::RowKey::Make(*table, {table->columns[0].name}).value());
    TableChanges& changes = live_changes_.Start(kSmall, 1 << 20);
    changes.SetKey(*key_);
    Gtid(2);
    Query("BEGIN");
    SmallMap();
    return changes;
  }
  // What was recorded for the row `id` since recording started.
  TableChanges::Touch TouchOf(uint32_t id) {
    return live_changes_.Find(kSmall)->TouchSince(0, KeyBytes(id));
  }
  std::string KeyBytes(uint32_t id) {
    const std::string row = {'\x08', static_cast<char>(id)};
    std::string key;
    EXPECT_TRUE(key_->Append({.message = row}, key));
    return key;
  }
  std::string Delete(uint32_t id) {
    return Send(EventType::kDeleteRows, EventSource::SmallRows(EventSource::SmallRow(id, "x")));
  }
  // With an after image of the columns in `present_after`.
  std::string Update(uint32_t id, std::string_view after, char present_after = '\x03') {
    std::string body = EventSource::SmallRows("");
    body.push_back(present_after);
    body.append(EventSource::SmallRow(id, "x"));
    body.append(after);
    return Send(EventType::kUpdateRows, body);
  }
  void Cover(bool complete = true) {
    coverage_->Set(kSmall, {.begin = {1}, .complete = complete, .invalid_reason = {}});
  }
  std::string InvalidReason() const { return coverage_->Newest(kSmall)->invalid_reason; }

  std::optional<transcode::RowKey> key_;
};

TEST_F(LiveStreamTest, ChangedKeysAreRecorded) {
  TableChanges& changes = Record();
  ASSERT_EQ(Insert(1), "within");
  ASSERT_EQ(Delete(2), "within");
  ASSERT_EQ(Update(3, EventSource::SmallRow(3, "y")), "within") << error_;
  ASSERT_EQ(Update(4, EventSource::SmallRow(5, "y")), "within") << error_;
  for (const uint32_t id : {1, 2, 3, 4, 5}) {
    EXPECT_EQ(TouchOf(id), TableChanges::Touch::kTouched) << id;
  }
  EXPECT_EQ(TouchOf(6), TableChanges::Touch::kNone);
  EXPECT_EQ(changes.stamp(), 4u);
}

TEST_F(LiveStreamTest, PartialImageUsesTheOldKey) {
  Record();
  ASSERT_EQ(Update(3, std::string("\0\x01y", 3), '\x02'), "within") << error_;
  EXPECT_EQ(TouchOf(3), TableChanges::Touch::kPartial);
}

TEST_F(LiveStreamTest, DefinitionsOfATableBeingReadAreCounted) {
  TableChanges& changes = live_changes_.Start(kSmall, 100);
  Query("ALTER TABLE small ADD x INT");
  Query("ALTER TABLE other ADD x INT");
  EXPECT_EQ(changes.definition_changes(), 1u);
  Query("TRUNCATE small");
  Query("DROP DATABASE b");
  Query("ALTER SOMETHING new");
  EXPECT_EQ(changes.definition_changes(), 4u);
}

TEST_F(LiveStreamTest, RolledBackRowsMakeTheirKeysUncertain) {
  TableChanges& changes = Record();
  ASSERT_EQ(Insert(1), "within");
  ASSERT_EQ(Query("ROLLBACK"), "ended");
  EXPECT_FALSE(changes.Remembers(0));
  EXPECT_TRUE(changes.Remembers(changes.stamp()));
}

TEST_F(LiveStreamTest, RollbackToSavepointMakesKeysUncertain) {
  TableChanges& changes = Record();
  Query("SAVEPOINT `a`");
  ASSERT_EQ(Insert(1), "within");
  ASSERT_EQ(Query("ROLLBACK TO `a`"), "within") << error_;
  EXPECT_FALSE(changes.Remembers(0));
}

TEST_F(LiveStreamTest, PartialImagesInvalidateCoverage) {
  Record();
  Cover();
  ASSERT_EQ(Update(3, EventSource::SmallRow(3, "y")), "within") << error_;
  EXPECT_EQ(InvalidReason(), "");
  ASSERT_EQ(Update(3, std::string("\0\x01y", 3), '\x02'), "within") << error_;
  EXPECT_EQ(InvalidReason(), "partial row images");
}

TEST_F(LiveStreamTest, PartialImagesInvalidateCoverageSetByATask) {
  Record();
  Update(3, std::string("\0\x01y", 3), '\x02');
  Xid();
  Cover();
  processor_->OnTasksRun();
  Gtid(3);
  Query("BEGIN");
  SmallMap();
  ASSERT_EQ(Update(3, std::string("\0\x01y", 3), '\x02'), "within") << error_;
  EXPECT_EQ(InvalidReason(), "partial row images");
}

TEST_F(LiveStreamTest, CreatedTableIsCoveredFromItsCreation) {
  Transaction(1, 2);
  Query("CREATE TABLE small (id INT)");
  EXPECT_EQ(coverage_->Newest(kSmall),
            (coverage::TableCoverage{.begin = {3}, .complete = true, .invalid_reason = {}}));
  EXPECT_EQ(ChangeMessages().back().sequence(), 3u);
}

TEST_F(LiveStreamTest, UncapturedTablesAreNotCovered) {
  Query("CREATE TABLE x.y (id INT)");
  EXPECT_THAT(coverage_->newest(), IsEmpty());
}

TEST_F(LiveStreamTest, AlterInvalidatesExceptForIndexes) {
  Cover();
  Query("ALTER TABLE small ADD INDEX i (x)");
  EXPECT_EQ(InvalidReason(), "");
  Query("ALTER TABLE small ADD x INT");
  EXPECT_EQ(InvalidReason(), "altered");
}

// The table's coverage must be invalid even if the reader's recording is lost.
TEST_F(LiveStreamTest, AlterInvalidatesATableBeingRead) {
  for (const char* statement : {"ALTER TABLE small DROP PARTITION p", "ALTER SOMETHING new"}) {
    Cover(/*complete=*/false);
    live_changes_.Start(kSmall, 100);
    Query(statement);
    EXPECT_NE(InvalidReason(), "") << statement;
  }
}

TEST_F(LiveStreamTest, TruncateDuringReadMovesTheStart) {
  Cover(/*complete=*/false);
  Transaction(1, 4);
  Query("TRUNCATE small");
  EXPECT_EQ(coverage_->Newest(kSmall),
            (coverage::TableCoverage{.begin = {5}, .complete = false, .invalid_reason = {}}));
}

TEST_F(LiveStreamTest, RenamedTableIsReportedAsUncovered) {
  Cover();
  Query("RENAME TABLE small TO other, x.far TO small");
  EXPECT_EQ(InvalidReason(), "renamed");
  EXPECT_THAT(processor_->TakeUncovered(), ElementsAre(TableName{"b", "other"}, kSmall));
  EXPECT_THAT(processor_->TakeUncovered(), IsEmpty());
}

TEST_F(LiveStreamTest, UnparsedStatementInvalidatesEverything) {
  Cover();
  Query("ALTER SOMETHING new");
  EXPECT_EQ(InvalidReason(), "a statement that could not be read");
}

TEST_F(LiveStreamTest, DroppedDatabaseResetsCoverage) {
  Cover();
  coverage_->Set(kSmall, {.begin = {1}, .complete = true, .invalid_reason = "altered"});
  Query("DROP DATABASE b");
  EXPECT_EQ(coverage_->Newest(kSmall),
            (coverage::TableCoverage{.begin = {1}, .complete = true, .invalid_reason = {}}));
}

}  // namespace
}  // namespace millrace::ingest
