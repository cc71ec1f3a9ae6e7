// SPDX-License-Identifier: Apache-2.0

#include "snapshot_text.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status.h"

namespace millrace::command {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Table = v1::SnapshotTable;

class SnapshotTextTest : public ::testing::Test {
 protected:
  SnapshotTextTest() {
    snapshot_.set_snapshot("s-1");
    snapshot_.set_state(v1::Snapshot::STATE_RUNNING);
    snapshot_.set_rows_per_second(12'345.6);
  }
  Table& Add(const std::string& name, Table::State state, uint64_t read = 0,
             uint64_t estimate = 0) {
    Table& table = *snapshot_.add_tables();
    table.set_database("shop");
    table.set_table(name);
    table.set_state(state);
    table.set_rows_read(read);
    table.set_rows_estimate(estimate);
    return table;
  }
  std::string Progress(size_t lines_max = 100) const {
    return ProgressText(snapshot_, lines_max, Paint(false));
  }
  std::string NextLines(absl::Duration after = absl::ZeroDuration()) {
    now_ += after;
    return lines_.Next(snapshot_, now_);
  }

  v1::Snapshot snapshot_;
  ProgressLines lines_;
  absl::Time now_ = absl::FromUnixSeconds(1'900'000'000);
};

TEST_F(SnapshotTextTest, BarShowsFractionRead) {
  Add("orders", Table::STATE_READING, 500, 1000);
  Add("customers", Table::STATE_WAITING);
  snapshot_.mutable_remaining()->set_seconds(180);
  EXPECT_EQ(Progress(),
            "s-1  running  500 rows  12,345 rows/s  about 3 min left\n"
            "  shop.orders     ████████████░░░░░░░░░░░░  50 %  500 of about 1,000 rows\n"
            "  shop.customers  waiting\n");
}

TEST_F(SnapshotTextTest, LowEstimateNeverLooksDone) {
  Add("orders", Table::STATE_READING, 5000, 1000);
  EXPECT_THAT(Progress(), HasSubstr("░  99 %  5,000 of about 5,000 rows"));
}

TEST_F(SnapshotTextTest, DoneTableShowsFullBar) {
  Add("orders", Table::STATE_DONE, 7, 1000);
  EXPECT_THAT(Progress(), HasSubstr("██ 100 %  7 rows"));
  Add("empty", Table::STATE_DONE);
  EXPECT_THAT(Progress(), HasSubstr("██ 100 %  0 rows"));
}

TEST_F(SnapshotTextTest, MissingEstimateShowsZeroPercent) {
  Add("orders", Table::STATE_READING, 500);
  EXPECT_THAT(Progress(), HasSubstr("░   0 %  500 rows\n"));
}

TEST_F(SnapshotTextTest, ErrorAndWaitingCauseAreShown) {
  Table& table = Add("orders", Table::STATE_FAILED);
  table.set_error("denied\x1b[2J");
  table.set_error_reason("SOURCE_ACCESS_DENIED");
  snapshot_.set_waiting("source runs 40 threads");
  EXPECT_THAT(Progress(), HasSubstr("failed: denied\\x1b[2J [SOURCE_ACCESS_DENIED]\n"));
  EXPECT_THAT(Progress(), HasSubstr("waits: source runs 40 threads\n"));
}

TEST_F(SnapshotTextTest, ManyTablesFitThePage) {
  for (int i = 0; i < 50; ++i) Add("waiting" + std::to_string(i), Table::STATE_WAITING);
  Add("done", Table::STATE_DONE);
  for (int i = 0; i < 3; ++i) Add("reading" + std::to_string(i), Table::STATE_READING);
  for (const size_t lines_max : {2, 3, 5, 10}) {
    const std::string text = Progress(lines_max);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), lines_max) << text;
    EXPECT_THAT(text, HasSubstr("54 tables: 1 done, 50 waiting, 0 failed, 0 gone\n"));
  }
  EXPECT_THAT(Progress(10), HasSubstr("shop.reading2"));
}

TEST_F(SnapshotTextTest, StateChangePrintsLine) {
  Table& table = Add("orders", Table::STATE_WAITING);
  EXPECT_EQ(NextLines(), "");
  table.set_state(Table::STATE_READING);
  EXPECT_EQ(NextLines(), "s-1 shop.orders: reading, 0 rows\n");
  EXPECT_EQ(NextLines(absl::Seconds(1)), "");
  table.set_state(Table::STATE_DONE);
  table.set_rows_read(3);
  EXPECT_EQ(NextLines(), "s-1 shop.orders: done, 3 rows\n");
  EXPECT_EQ(NextLines(absl::Minutes(1)), "");
}

TEST_F(SnapshotTextTest, ReadingTablePrintsLineEveryTenSeconds) {
  Table& table = Add("orders", Table::STATE_READING, 0, 1000);
  NextLines();
  table.set_rows_read(400);
  EXPECT_EQ(NextLines(absl::Seconds(9)), "");
  EXPECT_EQ(NextLines(absl::Seconds(1)), "s-1 shop.orders: reading, 400 of about 1,000 rows\n");
}

TEST_F(SnapshotTextTest, StatusShowsSnapshots) {
  Add("orders", Table::STATE_READING, 2500, 1000);
  v1::GetStatusResponse status;
  EXPECT_THAT(StatusText(status, "s", now_, Paint(false)), Not(HasSubstr("SNAPSHOT")));
  *status.add_snapshots() = snapshot_;
  const std::string text = StatusText(status, "s", now_, Paint(false));
  EXPECT_THAT(text, HasSubstr("SNAPSHOT"));
  EXPECT_THAT(text, HasSubstr("2,500"));
  EXPECT_THAT(text, HasSubstr("0/1"));
}

}  // namespace
}  // namespace millrace::command
