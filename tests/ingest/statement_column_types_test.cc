// SPDX-License-Identifier: Apache-2.0

#include "ingest/statement_column_types.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using schema::Meaning;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class StatementColumnTypesTest : public ::testing::Test {
 protected:
  void Run(std::string_view text, bool finished = true) {
    const SentStatement sent{
        .text = text, .database = "shop", .session = {.flavour = Flavour::kMariadb}};
    NoteStatedTypes(
        sent, schema::Classify(text, "shop", sent.session), finished,
        [](const TableName& table) { return table.database == "shop"; }, *registry_);
  }
  std::optional<schema::ColumnMeanings> Of(const std::string& table) const {
    return registry_->KnownMeanings({"shop", table});
  }
  static auto HasUuid(const char* column) {
    return Optional(UnorderedElementsAre(Pair(column, Meaning::kMariadbUuid)));
  }

  std::unique_ptr<schema::Registry> registry_ =
      schema::Registry::FromRecords({}, Flavour::kMariadb).value();
};

TEST_F(StatementColumnTypesTest, CreateSetsTypesAndDropRemovesThem) {
  Run("CREATE TABLE IF NOT EXISTS t (u UUID)");
  EXPECT_THAT(Of("t"), HasUuid("u"));
  Run("DROP TABLE t");
  EXPECT_EQ(Of("t"), std::nullopt);
  Run("CREATE TABLE t (u BINARY(16))");
  EXPECT_THAT(Of("t"), Optional(IsEmpty()));
  Run("DROP DATABASE shop");
  EXPECT_EQ(Of("t"), std::nullopt);
}

TEST_F(StatementColumnTypesTest, CopiesAndRenamesKeepTypes) {
  Run("CREATE TABLE a (u UUID)");
  Run("CREATE TABLE b LIKE a");
  Run("ALTER TABLE b CHANGE u v VARCHAR(36)");
  Run("CREATE TABLE c (w INT)");
  Run("RENAME TABLE a TO d, c TO a");
  EXPECT_THAT(Of("d"), HasUuid("u"));
  EXPECT_THAT(Of("b"), Optional(IsEmpty()));
  EXPECT_THAT(Of("a"), Optional(IsEmpty()));
  EXPECT_EQ(Of("c"), std::nullopt);
}

TEST_F(StatementColumnTypesTest, AlterReplacesTypes) {
  Run("CREATE TABLE t (u UUID)");
  Run("ALTER TABLE t ADD COLUMN n INT, ADD INDEX (u)");
  Run("TRUNCATE TABLE t");
  EXPECT_THAT(Of("t"), HasUuid("u"));
  Run("ALTER TABLE t MODIFY u BINARY(16)", /*finished=*/false);
  EXPECT_THAT(Of("t"), HasUuid("u"));
  Run("ALTER TABLE t MODIFY u BINARY(16)");
  EXPECT_THAT(Of("t"), Optional(IsEmpty()));
  Run("ALTER TABLE t ADD COLUMN v UUID, RENAME TO s");
  EXPECT_THAT(Of("s"), HasUuid("v"));
  Run("ALTER TABLE s CONVERT PARTITION p TO TABLE r");
  EXPECT_THAT(Of("r"), HasUuid("v"));
  Run("ALTER TABLE s ADD c INT WITH SYSTEM VERSIONING");
  EXPECT_EQ(Of("s"), std::nullopt);
}

TEST_F(StatementColumnTypesTest, OtherTablesAreIgnored) {
  Run("CREATE TABLE other.t (u UUID)");
  EXPECT_EQ(registry_->KnownMeanings({"other", "t"}), std::nullopt);
  EXPECT_THAT(registry_->Names(), IsEmpty());
  Run("CREATE TEMPORARY TABLE t (u UUID)");
  EXPECT_EQ(Of("t"), std::nullopt);
}

}  // namespace
}  // namespace millrace::ingest
