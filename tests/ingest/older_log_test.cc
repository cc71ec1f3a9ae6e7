// SPDX-License-Identifier: Apache-2.0

#include "ingest/older_log.h"

#include "coverage/coverage.h"
#include "gtest/gtest.h"
#include "log/log_fixture.h"
#include "schema/ambiguous_text.h"

namespace millrace::ingest {
namespace {

class OlderLogTest : public log::testing::LogTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Reopen().ok());
    registry_ = schema::Registry::Open(*log_, Flavour::kMysql).value();
    coverage_ = coverage::Coverage::Open(*log_).value();
    AddTable("plain", "a");
    AddTable("odd", "");
  }
  // A table whose key is an ENUM with one label.
  void AddTable(const std::string& name, std::string_view label) {
    binlog::ColumnMap column;
    column.name = "k";
    column.type = ColumnType::kEnum;
    column.metadata = 1;
    column.collation = 255;
    column.key_ordinal = 1;
    column.labels = {label};
    AddTable(name, {column});
  }
  void AddTable(const std::string& name, const std::vector<binlog::ColumnMap>& columns) {
    binlog::TableMap map;
    map.database = "shop";
    map.table = name;
    map.has_signedness = map.has_names = map.has_collations = map.has_labels = true;
    map.columns = columns;
    ASSERT_TRUE(registry_->Resolve(map, nullptr).ok());
    Store();
    coverage_->Set({"shop", name},
                   {.begin = {1}, .complete = true, .invalid_reason = {}, .row_shape = 7});
  }
  void Store() {
    ASSERT_TRUE(log_->PutRecords(registry_->TakeUnstored()).ok());
    registry_->MarkStored();
  }
  std::string InvalidReasonOf(const std::string& table) {
    return coverage_->Newest({"shop", table})->invalid_reason;
  }

  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<coverage::Coverage> coverage_;
};

TEST_F(OlderLogTest, TablesWithAmbiguousKeysAreReadAgainOnce) {
  InvalidateTablesOfOlderLog(*registry_, *coverage_);
  EXPECT_EQ(InvalidReasonOf("plain"), "");
  EXPECT_NE(InvalidReasonOf("odd"), "");
  EXPECT_FALSE(coverage_->Find({"shop", "odd"})->valid()) << "readers see it at once";
  Store();
  registry_ = schema::Registry::Open(*log_, Flavour::kMysql).value();
  coverage_->Set({"shop", "odd"}, {.begin = {2}, .complete = true, .invalid_reason = {}});
  InvalidateTablesOfOlderLog(*registry_, *coverage_);
  EXPECT_EQ(InvalidReasonOf("odd"), "");
}

TEST_F(OlderLogTest, KeyedTablesStayCoveredWithoutHash) {
  binlog::ColumnMap id;
  id.name = "id";
  id.type = ColumnType::kLongLong;
  id.key_ordinal = 1;
  binlog::ColumnMap hash = id;
  hash.name = "DB_ROW_HASH_1";
  hash.key_ordinal = 0;
  binlog::ColumnMap plain = hash;
  plain.name = "n";
  AddTable("keyed", {id, hash});
  AddTable("keyless", {plain, hash});
  InvalidateTablesOfOlderLog(*registry_, *coverage_);
  EXPECT_EQ(InvalidReasonOf("keyed"), "");
  EXPECT_EQ(coverage_->Newest({"shop", "keyed"})->row_shape, 0u)
      << "the next rows may have any shape";
  EXPECT_NE(InvalidReasonOf("keyless"), "");
}

TEST(AmbiguousText, OnlyTheKeyMattersIfPresent) {
  schema::TableVersion table;
  table.columns.resize(2);
  table.columns[0].key_ordinal = 1;
  schema::Column& text = table.columns[1];
  text.type = ColumnType::kVarchar;
  text.field_type = schema::FieldType::kString;
  text.charset = "sjis";
  EXPECT_TRUE(schema::MayBeAmbiguous(text));
  EXPECT_FALSE(schema::KeyMayBeAmbiguous(table));
  table.columns[0].captured = false;
  EXPECT_TRUE(schema::KeyMayBeAmbiguous(table)) << "rows are identified by all their columns";
  text.charset = "utf8mb4";
  EXPECT_FALSE(schema::KeyMayBeAmbiguous(table));
}

}  // namespace
}  // namespace millrace::ingest
