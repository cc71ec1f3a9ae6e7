// SPDX-License-Identifier: Apache-2.0

// Events that end the log's coverage of a table: a start at SNAPSHOT then reads the table again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/raw_feed.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;

const std::vector<std::string> kAllTables = {"shop.*", kMarkerTables};
const std::vector<std::string> kWithoutPair = {"shop.*", "!shop.pair", kMarkerTables};

class SnapshotCoverage : public ::testing::TestWithParam<Flavour> {
 protected:
  void StartAndReadAll() {
    shop_.Fill("pair", 300);
    shop_.StartFeed({"mode: initial"});
    shop_.admin().WaitUntilOver();
  }
  // Runs a statement without the binlog.
  void RunSilently(const std::string& statement) {
    SqlSession session = shop_.source().MustConnect();
    session.MustExecute("SET sql_log_bin = 0");
    session.MustExecute(statement);
  }
  void ChangeRows() {
    shop_.sql().MustExecute("DELETE FROM shop.pair WHERE a < 0");
    shop_.sql().MustExecute("UPDATE shop.pair SET n = n + 1 WHERE a = 0");
    shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (-900, 'y', 2)");
    AwaitFeed();
  }
  void AwaitFeed() { ChangeReader(shop_.feed()).CurrentToken(shop_.sql()); }
  v1::SubscribeRequest FromSnapshotOfPair() {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_SNAPSHOT);
    request.add_tables("shop.pair");
    return request;
  }
  std::vector<SeenRow> RowsAtSnapshot() {
    v1::SubscribeRequest request = FromSnapshotOfPair();
    request.set_until_token(ChangeReader(shop_.feed()).CurrentToken(shop_.sql()));
    std::vector<SeenRow> rows;
    for (const SeenChange& change : ChangeReader(shop_.feed()).ReadToEnd(request)) {
      if (change.operation == v1::OPERATION_READ) rows.push_back(*change.after);
    }
    return rows;
  }
  std::string RefusalAtSnapshot() {
    return RawFeed(shop_.feed().address()).Read(FromSnapshotOfPair()).error.reason();
  }
  void PrepareXa() {
    for (const std::string statement :
         {"XA START 'x'", "UPDATE shop.pair SET n = n + 1 WHERE a = 0",
          "INSERT INTO shop.pair (a, b, n) VALUES (-900, 'y', 2)", "XA END 'x'",
          "XA PREPARE 'x'"}) {
      xa_.MustExecute(statement);
    }
    shop_.feed().WaitForReason("XA_UNSUPPORTED");
  }

  SnapshotShop shop_{GetParam()};
  SqlSession xa_ = shop_.source().MustConnect();
};

TEST_P(SnapshotCoverage, RowAfterSilentAlterEndsTheCoverage) {
  StartAndReadAll();
  shop_.sql().MustExecute("UPDATE shop.pair SET n = n + 1 WHERE a = 0");
  RunSilently("ALTER TABLE shop.pair ADD COLUMN added INT NOT NULL DEFAULT 5");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (-900, 'y', 2)");
  const auto rows = RowsAtSnapshot();
  EXPECT_THAT(rows, SizeIs(301));
  EXPECT_THAT(rows, Each(Contains(Pair("added", Optional(std::string("5"))))));
}

TEST_P(SnapshotCoverage, SilentAlterDuringReadingIsNoticed) {
  shop_.Fill("pair", 2000);
  shop_.StartFeed(SlowSnapshot(1500));
  shop_.admin().WaitUntilRead(400);
  shop_.sql().MustExecute("UPDATE shop.pair SET n = n + 1");
  RunSilently("ALTER TABLE shop.pair ADD COLUMN added INT NOT NULL DEFAULT 5");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (-900, 'y', 2)");
  const auto rows = RowsAtSnapshot();
  EXPECT_THAT(rows, SizeIs(2001));
  EXPECT_THAT(rows, Each(Contains(Pair("added", Optional(std::string("5"))))));
}

TEST_P(SnapshotCoverage, IndexAndTruncateKeepTheTableCovered) {
  StartAndReadAll();
  shop_.sql().MustExecute("ALTER TABLE shop.pair ADD INDEX by_n (n)");
  shop_.sql().MustExecute("TRUNCATE TABLE shop.pair");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1), (-900, 'y', 2)");
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_THAT(TablesOf(shop_.admin().List(), "pair"), SizeIs(1));
}

TEST_P(SnapshotCoverage, TableExcludedAndReincludedIsReadAgain) {
  StartAndReadAll();
  shop_.RestartFeed(kWithoutPair);
  EXPECT_EQ(RefusalAtSnapshot(), "SNAPSHOT_UNAVAILABLE");
  ChangeRows();
  shop_.RestartFeed(kAllTables);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SnapshotCoverage, TableExcludedDuringDropDatabaseIsReadAgain) {
  StartAndReadAll();
  shop_.RestartFeed(kWithoutPair);
  shop_.sql().MustExecute("DROP DATABASE shop");
  shop_.Fill("pair", 100);
  AwaitFeed();
  shop_.RestartFeed(kAllTables);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SnapshotCoverage, ReincludedTableWithoutSnapshotsIsRefused) {
  shop_.Fill("pair", 300);
  shop_.StartFeed({"mode: never"});
  shop_.admin().WaitUntilOver(shop_.admin().Start({"shop.pair"})->snapshot());
  shop_.ExpectSnapshotEqualsSource({"pair"});
  shop_.RestartFeed(kWithoutPair);
  ChangeRows();
  shop_.RestartFeed(kAllTables);
  EXPECT_EQ(RefusalAtSnapshot(), "SNAPSHOT_UNAVAILABLE");
}

TEST_P(SnapshotCoverage, ExcludingATableEndsItsReading) {
  shop_.Fill("pair", 2000);
  shop_.StartFeed(SlowSnapshot(1500));
  shop_.admin().WaitUntilRead(400);
  shop_.RestartFeed(kWithoutPair);
  const v1::SnapshotTable table = TableOf(shop_.admin().WaitUntilOver().back(), "pair");
  EXPECT_EQ(table.state(), v1::SnapshotTable::STATE_FAILED) << table.ShortDebugString();
  EXPECT_THAT(table.error(), HasSubstr("no longer captured"));
  ChangeRows();
  shop_.RestartFeed(kAllTables);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SnapshotCoverage, TableOfReincludedColumnIsReadAgain) {
  StartAndReadAll();
  shop_.RestartFeed(kAllTables, {"exclude_columns: ['shop.pair.note']"});
  shop_.sql().MustExecute("UPDATE shop.pair SET note = 'changed' WHERE a < 0");
  AwaitFeed();
  shop_.RestartFeed(kAllTables);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SnapshotCoverage, ExcludingTheTableSkipsTwoPhaseXa) {
  StartAndReadAll();
  PrepareXa();
  shop_.RestartFeed(kWithoutPair);
  xa_.MustExecute("XA COMMIT 'x'");
  AwaitFeed();
  shop_.RestartFeed(kAllTables);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SnapshotCoverage, ReincludingATableBeforeXaCommitStopsFeed) {
  StartAndReadAll();
  PrepareXa();
  shop_.RestartFeed(kWithoutPair);
  AwaitFeed();
  shop_.RestartFeed(kAllTables);
  xa_.MustExecute("XA COMMIT 'x'");
  const auto status = shop_.feed().WaitForReason("XA_UNSUPPORTED");
  EXPECT_THAT(status.source().error(), HasSubstr("exclude the table"));
  shop_.RestartFeed(kWithoutPair);
  AwaitFeed();
  shop_.RestartFeed(kAllTables);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

// A subscriber waits for rows that need the stream. That does not delay an operator's request.
TEST_P(SnapshotCoverage, SnapshotStartsWhileTheDumpIsRefused) {
  shop_.Fill("pair", 300);
  shop_.StartFeed({"mode: initial", "tables: ['shop.none']"});
  shop_.sql().MustExecute("REVOKE REPLICATION SLAVE ON *.* FROM 'millrace'@'localhost'");
  for (const SqlRow& row : shop_.sql().MustQuery("SHOW PROCESSLIST")) {
    if (*row[1] == kFeedUser) (void)shop_.sql().Execute("KILL " + *row[0]);
  }
  shop_.feed().WaitForReason("SOURCE_ACCESS_DENIED");
  v1::SubscribeRequest request = FromSnapshotOfPair();
  request.mutable_progress_interval()->set_nanos(100'000'000);
  const auto waiting = shop_.feed().client().Subscribe({.request = request});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(waiting->Next().ok());
  const auto started = shop_.admin().Start({"shop.pair"});
  ASSERT_TRUE(started.ok()) << started.status();
  shop_.sql().MustExecute("GRANT REPLICATION SLAVE ON *.* TO 'millrace'@'localhost'");
  shop_.admin().WaitUntilOver(started->snapshot());
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotCoverage,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
