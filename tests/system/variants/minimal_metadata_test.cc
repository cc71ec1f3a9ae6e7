// SPDX-License-Identifier: Apache-2.0

// binlog_row_metadata=MINIMAL: events do not name their columns. The feed takes the names from
// information_schema, but only if its definition is provably that of the event.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

class MinimalMetadata : public ::testing::TestWithParam<Flavour> {
 protected:
  // The source reports the time of a definition in whole seconds.
  void WaitASecond() { sql_.MustQuery("SELECT SLEEP(1.1)"); }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart(
      {.flavour = GetParam(), .options = {"--binlog-row-metadata=MINIMAL"}});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
};

TEST_P(MinimalMetadata, RowsBeforeUnreadAlterStopTheFeed) {
  feed_->Stop();
  sql_.MustExecute("CREATE DATABASE d");
  sql_.MustExecute("CREATE TABLE d.t (id INT PRIMARY KEY, a INT, b INT)");
  sql_.MustExecute("INSERT INTO d.t VALUES (1, 10, 20)");
  sql_.MustExecute("ALTER TABLE d.t MODIFY a INT AFTER b");

  feed_->Start();

  const auto status = feed_->WaitForState(v1::SourceStatus::STATE_FAILED);
  EXPECT_EQ(status.source().error_reason(), "SCHEMA_UNPROVEN");
  EXPECT_THAT(status.source().error(), ::testing::HasSubstr("binlog_row_metadata = FULL"));
}

TEST_P(MinimalMetadata, RowsBeforeUnreadIndexAreDelivered) {
  feed_->Stop();
  sql_.MustExecute("CREATE DATABASE d");
  sql_.MustExecute("CREATE TABLE d.t (id INT PRIMARY KEY, a INT, b INT)");
  sql_.MustExecute("INSERT INTO d.t VALUES (1, 10, 20)");
  WaitASecond();
  sql_.MustExecute("ALTER TABLE d.t ADD INDEX (a)");

  feed_->Start();

  const std::vector<SeenChange> changes = ChangeReader(*feed_).ReadAll(sql_);
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[2].after->at("b"), "20");
}

TEST_P(MinimalMetadata, AlterReadInTimeKeepsColumnNames) {
  sql_.MustExecute("CREATE DATABASE d");
  sql_.MustExecute("CREATE TABLE d.t (id INT PRIMARY KEY, a INT, b INT)");
  sql_.MustExecute("INSERT INTO d.t VALUES (1, 10, 20)");
  ChangeReader reader(*feed_);
  reader.CurrentToken(sql_);
  WaitASecond();
  sql_.MustExecute("ALTER TABLE d.t MODIFY a INT AFTER b");
  sql_.MustExecute("INSERT INTO d.t (id, a, b) VALUES (2, 10, 20)");

  for (const SeenChange& change : reader.ReadAll(sql_)) {
    if (!change.after.has_value()) continue;
    EXPECT_EQ(change.after->at("a"), "10");
    EXPECT_EQ(change.after->at("b"), "20");
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, MinimalMetadata,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
