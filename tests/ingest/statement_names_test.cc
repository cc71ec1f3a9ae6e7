// SPDX-License-Identifier: Apache-2.0

#include "ingest/statement_names.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

schema::Statement Folded(std::string_view text, NameFolding::Letters letters = {}) {
  schema::Statement statement = schema::Classify(text, "Shop");
  FoldNames(NameFolding::ToLower(std::move(letters)), statement);
  return statement;
}

std::vector<std::string> TablesOf(const schema::Statement& statement) {
  std::vector<std::string> tables;
  for (const TableName& table : statement.tables) tables.push_back(table.ToString());
  return tables;
}

TEST(StatementNames, TablesAndDefaultDatabaseAreFolded) {
  EXPECT_THAT(TablesOf(Folded("TRUNCATE Pair")), ElementsAre("shop.pair"));
  EXPECT_THAT(TablesOf(Folded("DROP TABLE A, X.`B`")), ElementsAre("shop.a", "x.b"));
  EXPECT_EQ(Folded("DROP DATABASE Shop").database, "shop");
}

TEST(StatementNames, RenamesAreFolded) {
  const schema::Statement statement = Folded("RENAME TABLE Pair TO Old, NEW TO PAIR");
  EXPECT_THAT(TablesOf(statement), ElementsAre("shop.pair", "shop.old", "shop.new"));
  ASSERT_EQ(statement.renames.size(), 2u);
  EXPECT_EQ(statement.renames[1].first.ToString(), "shop.new");
  EXPECT_EQ(statement.renames[1].second.ToString(), "shop.pair");
}

TEST(StatementNames, ColumnNamesAreUnchanged) {
  const schema::Statement statement = Folded("ALTER TABLE Pair RENAME COLUMN A TO Bc");
  EXPECT_THAT(statement.column_renames,
              ElementsAre(std::pair<std::string, std::string>("A", "Bc")));
}

TEST(StatementNames, UnfoldableNameMakesStatementNotUnderstood) {
  for (const std::string_view text :
       {"RENAME TABLE a TO `\u1e9e`", "DROP TABLE a, `\u1e9e`.b", "DROP DATABASE `\u1e9e`",
        "ALTER TABLE `\u1e9e` RENAME COLUMN a TO b"}) {
    const schema::Statement statement = Folded(text, {{"\u1e9e", std::nullopt}});
    EXPECT_TRUE(statement.may_concern_any_table) << text;
    EXPECT_THAT(statement.tables, IsEmpty()) << text;
    EXPECT_THAT(statement.renames, IsEmpty()) << text;
    EXPECT_THAT(statement.column_renames, IsEmpty()) << text;
    EXPECT_EQ(statement.database, "") << text;
  }
}

TEST(StatementNames, CaseSensitiveSourceKeepsNames) {
  schema::Statement statement = schema::Classify("RENAME TABLE Pair TO pair", "Shop");
  FoldNames(NameFolding(), statement);
  EXPECT_THAT(TablesOf(statement), ElementsAre("Shop.Pair", "Shop.pair"));
}

}  // namespace
}  // namespace millrace::ingest
