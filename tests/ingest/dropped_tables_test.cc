// SPDX-License-Identifier: Apache-2.0

// Tests which tables are marked as dropped.

#include "ingest/processor_fixture.h"

namespace millrace::ingest {
namespace {

class DroppedTablesTest : public ProcessorTest {
 protected:
  DroppedTablesTest() { Transaction(++number_, 1); }
  void Run(std::string_view statement, std::string_view database = "b") {
    Gtid(++number_);
    EXPECT_EQ(Query(statement, database), "ended") << error_;
  }
  bool IsDropped() {
    if (!registry_->TakeUnstored().empty()) registry_->MarkStored();
    return registry_->Find({"b", "small"})->dropped;
  }

 private:
  uint8_t number_ = 0;
};

TEST_F(DroppedTablesTest, TableWithRowsIsNotDropped) { EXPECT_FALSE(IsDropped()); }

TEST_F(DroppedTablesTest, DropMarksAndCreateUnmarks) {
  Run("DROP TABLE IF EXISTS other, small");
  EXPECT_TRUE(IsDropped());
  Run("CREATE TABLE IF NOT EXISTS small (id INT)");
  EXPECT_FALSE(IsDropped());
}

TEST_F(DroppedTablesTest, RowsUnmarkTheirTable) {
  Run("DROP TABLE small");
  EXPECT_TRUE(IsDropped());
  Transaction(77, 1);
  EXPECT_FALSE(IsDropped());
  EXPECT_EQ(registry_->Find({"b", "small"})->version, 1u) << "the definition is the same";
}

TEST_F(DroppedTablesTest, RenameMarksTheOldName) {
  Run("RENAME TABLE small TO other");
  EXPECT_TRUE(IsDropped());
  Run("ALTER TABLE other RENAME TO small");
  EXPECT_FALSE(IsDropped());
}

TEST_F(DroppedTablesTest, SwappedTablesAreNotMarked) {
  Run("RENAME TABLE small TO small_old, small_new TO small");
  EXPECT_FALSE(IsDropped());
}

TEST_F(DroppedTablesTest, DropDatabaseMarksItsTables) {
  Run("DROP DATABASE c", "c");
  EXPECT_FALSE(IsDropped());
  Run("DROP DATABASE b", "other");
  EXPECT_TRUE(IsDropped());
}

TEST_F(DroppedTablesTest, OtherStatementsMarkNothing) {
  for (const char* statement :
       {"TRUNCATE small", "ALTER TABLE small ADD c INT", "DROP INDEX i ON small", "DROP VIEW small",
        "DROP TEMPORARY TABLE small", "DROP TABLE c.small"}) {
    Run(statement);
    EXPECT_FALSE(IsDropped()) << statement;
  }
}

}  // namespace
}  // namespace millrace::ingest
