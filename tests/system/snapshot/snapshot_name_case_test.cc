// SPDX-License-Identifier: Apache-2.0

// A source that stores names in lower case, regardless of the spelling in statements.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

class SnapshotNameCase : public ::testing::Test {
 protected:
  void StartAndReadAll() {
    shop_.Fill("pair", 1000);
    shop_.StartFeed({"mode: initial"});
    shop_.admin().WaitUntilOver();
  }
  // Starts a slow snapshot of `pair` and runs the statement in the middle.
  void StartAndRun(const std::string& statement) {
    shop_.Fill("pair", 3000);
    shop_.StartFeed(SlowSnapshot(1500));
    shop_.admin().WaitUntilRead(600);
    ASSERT_FALSE(Over(shop_.admin().Newest()));
    shop_.sql().MustExecute(statement);
  }
  SnapshotShop shop_{Flavour::kMariadb, {"--lower-case-table-names=1"}};
};

TEST_F(SnapshotNameCase, TruncateInOtherCaseEmptiesTheTable) {
  StartAndReadAll();
  shop_.sql().MustExecute("TRUNCATE TABLE Shop.PAIR");
  shop_.sql().MustExecute("INSERT INTO shop.Pair (a, b, n) VALUES (1, 'x', 1)");
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

// Dropping a partition removes rows without row events.
TEST_F(SnapshotNameCase, AlterInOtherCaseEndsTheCoverage) {
  StartAndReadAll();
  shop_.sql().MustExecute(
      "ALTER TABLE Shop.Pair PARTITION BY RANGE (a) "
      "(PARTITION low VALUES LESS THAN (5), PARTITION high VALUES LESS THAN "
      "MAXVALUE)");
  shop_.ExpectSnapshotEqualsSource({"pair"});
  shop_.sql().MustExecute("ALTER TABLE SHOP.PAIR DROP PARTITION low");
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_F(SnapshotNameCase, RecreateInOtherCaseGivesCorrectRows) {
  StartAndReadAll();
  shop_.sql().MustExecute("DROP TABLE Shop.Pair");
  std::string create = shop_.Table("pair").CreateStatement();
  shop_.sql().MustExecute(create.replace(create.find("shop.pair"), 9, "Shop.PAIR"));
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1)");
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_F(SnapshotNameCase, SwapInOtherCaseEndsTheCoverage) {
  StartAndReadAll();
  shop_.sql().MustExecute("CREATE TABLE shop.pair_new LIKE shop.pair");
  shop_.sql().MustExecute(
      "INSERT INTO shop.pair_new (a, b, n, note) SELECT a, b, n + 1, 'copied' FROM shop.pair");
  shop_.sql().MustExecute("RENAME TABLE shop.PAIR TO shop.Pair_Old, shop.Pair_NEW TO shop.Pair");
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_F(SnapshotNameCase, StatementInOtherCaseIsNoticedDuringReading) {
  StartAndRun("TRUNCATE TABLE Shop.Pair");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1), (-900, 'y', 2)");
  shop_.admin().WaitUntilOver();
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_F(SnapshotNameCase, AlterInOtherCaseRestartsTheReading) {
  StartAndRun("ALTER TABLE SHOP.Pair MODIFY note VARCHAR(100)");
  const auto tables = TablesOf(shop_.admin().WaitUntilOver(), "pair");
  EXPECT_GE(tables[0].restarts(), 1u);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST(SnapshotNameCaseChange, PatternThatNoLongerMatchesIsReported) {
  SnapshotShop shop(Flavour::kMariadb);
  shop.StartFeed({"mode: initial"}, {"shop.*", "Other.*", kMarkerTables});
  ASSERT_TRUE(shop.source().RestartWith({"--lower-case-table-names=1"}).ok());
  shop.admin().WaitUntil("the pattern is refused", [&shop](const auto&) {
    return shop.feed().LogText().find("source.tables: \"other.*\"") != std::string::npos;
  });
  EXPECT_THAT(shop.feed().LogText(), HasSubstr("reason=SOURCE_MISCONFIGURED"));
}

}  // namespace
}  // namespace millrace::testing
