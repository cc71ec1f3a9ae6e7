// SPDX-License-Identifier: Apache-2.0

// Definitions that change while a snapshot reads the table.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class SnapshotDdl : public ::testing::TestWithParam<Flavour> {
 protected:
  // Starts a slow snapshot of `pair` and runs the statement in the middle.
  void StartAndRun(const std::string& statement) {
    shop_.Fill("pair", 3000);
    shop_.StartFeed(SlowSnapshot(1500));
    shop_.admin().WaitUntilRead(600);
    ASSERT_FALSE(Over(shop_.admin().Newest()));
    shop_.sql().MustExecute(statement);
  }
  std::vector<v1::SnapshotTable> Tables(const std::string& table) {
    return TablesOf(shop_.admin().WaitUntilOver(), table);
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(SnapshotDdl, AlterRestartsTheTable) {
  StartAndRun("ALTER TABLE shop.pair ADD COLUMN added INT NOT NULL DEFAULT 5");
  const auto tables = Tables("pair");
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].state(), v1::SnapshotTable::STATE_DONE) << tables[0].ShortDebugString();
  EXPECT_GE(tables[0].restarts(), 1u);
  size_t with_column = 0;
  for (const SeenRow& row : shop_.RowsRead("pair")) {
    with_column += row.contains("added") && row.at("added") == "5" ? 1 : 0;
  }
  EXPECT_EQ(with_column, 3000u);
}

TEST_P(SnapshotDdl, RepeatedAltersUnderLoadGiveCorrectRows) {
  StartAndRun("ALTER TABLE shop.pair ADD COLUMN added INT NOT NULL DEFAULT 5");
  {
    const auto load = shop_.Write({"pair"}, 4000, std::chrono::milliseconds(2));
    shop_.sql().MustExecute("ALTER TABLE shop.pair DROP COLUMN added");
    shop_.admin().WaitUntilRead(900);
    shop_.sql().MustExecute("ALTER TABLE shop.pair MODIFY note VARCHAR(100)");
    Tables("pair");
  }
  shop_.ExpectFeedEqualsSource({"pair"});
}

TEST_P(SnapshotDdl, TruncatedTableIsReadToItsEnd) {
  StartAndRun("TRUNCATE TABLE shop.pair");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1), (-900, 'y', 2)");
  const auto tables = Tables("pair");
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].state(), v1::SnapshotTable::STATE_DONE) << tables[0].ShortDebugString();
  shop_.ExpectFeedEqualsSource({"pair"});
}

TEST_P(SnapshotDdl, DroppedTableIsGone) {
  StartAndRun("DROP TABLE shop.pair");
  const auto tables = Tables("pair");
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].state(), v1::SnapshotTable::STATE_GONE) << tables[0].ShortDebugString();
}

TEST_P(SnapshotDdl, RecreatedTableHasCorrectRows) {
  StartAndRun("DROP TABLE shop.pair");
  shop_.sql().MustExecute(shop_.Table("pair").CreateStatement());
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1)");
  Tables("pair");
  shop_.ExpectFeedEqualsSource({"pair"});
}

TEST_P(SnapshotDdl, RenamedTableIsReadUnderItsNewName) {
  StartAndRun("RENAME TABLE shop.pair TO shop.couple");
  shop_.admin().WaitUntil("the new name is read", [](const auto& all) {
    const auto tables = TablesOf(all, "couple");
    return !tables.empty() && tables[0].state() == v1::SnapshotTable::STATE_DONE;
  });
  const auto tables = Tables("pair");
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].state(), v1::SnapshotTable::STATE_GONE) << tables[0].ShortDebugString();
  EXPECT_THAT(shop_.RowsRead("couple"), SizeIs(3000));
}

// Online schema change tools swap tables like this.
TEST_P(SnapshotDdl, SwappedTableHasCorrectRows) {
  StartAndRun("CREATE TABLE shop.pair_new LIKE shop.pair");
  shop_.sql().MustExecute(
      "INSERT INTO shop.pair_new (a, b, n, note) SELECT a, b, n + 1, 'copied' FROM shop.pair");
  shop_.sql().MustExecute("RENAME TABLE shop.pair TO shop.pair_old, shop.pair_new TO shop.pair");
  shop_.sql().MustExecute("DELETE FROM shop.pair WHERE a < -10");
  shop_.admin().WaitUntil("the new table is read", [](const auto& all) {
    const auto tables = TablesOf(all, "pair");
    return std::all_of(all.begin(), all.end(), Over) && !tables.empty() &&
           tables[0].state() == v1::SnapshotTable::STATE_DONE;
  });
  shop_.ExpectFeedEqualsSource({"pair"});
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotDdl,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
