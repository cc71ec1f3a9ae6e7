// SPDX-License-Identifier: Apache-2.0

#include "ingest/merge_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointee;

class MergeTablesTest : public log::testing::LogTest {
 protected:
  MergeTablesTest() {
    EXPECT_TRUE(Reopen().ok());
    Load();
  }
  void Load() { tables_ = MergeTables::Open(*log_).value(); }
  void Store() { ASSERT_TRUE(log_->PutRecords(tables_->TakeUnstored()).ok()); }
  void Run(std::string_view text) {
    SentStatement sent{.text = text, .database = "shop", .session = {}};
    const schema::Statement statement = Read(sent);
    NoteMergeTables(
        sent, statement, NameFolding(),
        [](const TableName& table) { return table.database == "shop"; }, *tables_);
  }
  const MergeTables::Members* Of(const std::string& table) const {
    return tables_->Find({"shop", table});
  }
  std::string Put(const std::string& key, const std::string& value) {
    EXPECT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, key, value}}).ok());
    return ErrorReason(MergeTables::Open(*log_).status());
  }
  static auto Shows(const char* table) { return Pointee(ElementsAre(TableName{"shop", table})); }

  std::unique_ptr<MergeTables> tables_;
};

TEST_F(MergeTablesTest, StatementsSetMembers) {
  Run("CREATE TABLE m (id INT) ENGINE=MERGE UNION=(a)");
  Run("CREATE TABLE IF NOT EXISTS m (id INT) ENGINE=MERGE UNION=(b)");
  Run("ALTER TABLE m ADD COLUMN n INT");
  EXPECT_THAT(Of("m"), Shows("a"));
  Run("ALTER TABLE m UNION=(b)");
  EXPECT_THAT(Of("m"), Shows("b"));
  Run("ALTER TABLE m INSERT_METHOD=LAST, RENAME TO k");
  Run("RENAME TABLE k TO l");
  EXPECT_THAT(Of("l"), Shows("b"));
  EXPECT_EQ(Of("m"), nullptr);
  Run("ALTER TABLE l ENGINE=MyISAM");
  EXPECT_EQ(Of("l"), nullptr);
  Run("ALTER TABLE l ENGINE=MERGE");
  EXPECT_THAT(Of("l"), Pointee(IsEmpty()));
}

TEST_F(MergeTablesTest, DroppedOrAmbiguousTableIsForgotten) {
  for (const char* text : {"DROP TABLE m", "DROP DATABASE shop", "WHAT IS THIS",
                           "CREATE OR REPLACE TABLE m (id INT)", "ALTER TABLE m UNION=(a b)"}) {
    tables_->Set({"shop", "m"}, {});
    Run(text);
    EXPECT_EQ(Of("m"), nullptr) << text;
  }
}

// A server accepts the option for tables of other engines too.
TEST_F(MergeTablesTest, UnionOptionAloneMakesNoMergeTable) {
  Run("ALTER TABLE t UNION=(a)");
  Run("CREATE TABLE t (id INT) ENGINE=InnoDB UNION=(a)");
  EXPECT_EQ(Of("t"), nullptr);
  Run("CREATE TABLE other.m (id INT) ENGINE=MERGE UNION=(a)");
  EXPECT_EQ(tables_->Find({"other", "m"}), nullptr);
}

TEST_F(MergeTablesTest, StoredEntriesAreLoaded) {
  tables_->Set({"shop", "m"}, {{"shop", "a"}});
  tables_->Set({"shop", "n"}, {});
  Store();
  tables_->Forget({"shop", "n"});
  Store();
  Load();
  EXPECT_THAT(Of("m"), Shows("a"));
  EXPECT_EQ(Of("n"), nullptr);
}

TEST_F(MergeTablesTest, RecordFormatNeverChanges) {
  tables_->Set({"d", "m"}, {{"d", "a"}, {"e", "b"}});
  const std::vector<log::Record> records = tables_->TakeUnstored();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, std::string("merge.d\0m\0", 10));
  EXPECT_EQ(records[0].value, std::string("\x01"
                                          "d\0a\0e\0b\0",
                                          9));
}

TEST_F(MergeTablesTest, DamagedOrNewerRecordIsRejected) {
  const std::string key("merge.d\0m\0", 10);
  EXPECT_EQ(Put(key,
                "\x01"
                "d"),
            "LOG_DAMAGED");
  EXPECT_EQ(Put(key, ""), "LOG_DAMAGED");
  EXPECT_EQ(Put(key, "\x02"), "FORMAT_TOO_NEW");
  EXPECT_EQ(Put(key, "\x01"), "");
  EXPECT_EQ(Put("merge.d", "\x01"), "LOG_DAMAGED");
}

}  // namespace
}  // namespace millrace::ingest
