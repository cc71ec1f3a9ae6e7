// SPDX-License-Identifier: Apache-2.0

#include "schema/statement_readings.h"

#include <string_view>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Statement Either(std::string_view first, std::string_view other) {
  return MergeReadings(Classify(first, "d"), Classify(other, "d"));
}

TEST(StatementReadings, EqualReadingsAreUnambiguous) {
  EXPECT_EQ(Either("TRUNCATE t", "TRUNCATE `d`.`t`"), Classify("TRUNCATE t", "d"));
}

TEST(StatementReadings, TextIsWithheldIfOneReadingSaysSo) {
  const Statement statement =
      Either("CREATE TABLE t (a INT)", "CREATE TABLE t (a INT) PASSWORD 'x'");
  EXPECT_TRUE(statement.withheld);
  EXPECT_FALSE(statement.ambiguous);
  EXPECT_EQ(statement.verb, StatementVerb::kCreate);
}

TEST(StatementReadings, AmbiguousStatementAltersTablesOfBothReadings) {
  for (const auto& [first, other] :
       {std::pair("TRUNCATE t", "TRUNCATE u"), std::pair("DROP TABLE t", "DROP TABLE u"),
        std::pair("CREATE TABLE t (a INT)", "CREATE TABLE u (a INT)"),
        std::pair("ALTER TABLE t ADD INDEX (a)", "ALTER TABLE u ADD INDEX (a)"),
        std::pair("TRUNCATE t", "ALTER TABLE u ADD a INT")}) {
    const Statement statement = Either(first, other);
    EXPECT_TRUE(statement.ambiguous && statement.withheld) << first;
    EXPECT_EQ(statement.kind, StatementKind::kDefinition) << first;
    EXPECT_EQ(statement.verb, StatementVerb::kAlter) << first;
    EXPECT_FALSE(statement.index_only) << first;
    EXPECT_THAT(statement.tables, ElementsAre(TableName{"d", "t"}, TableName{"d", "u"})) << first;
  }
}

TEST(StatementReadings, BothRenameTargetsMayHoldNewRows) {
  const Statement statement = Either("RENAME TABLE t TO u", "RENAME TABLE t TO v");
  EXPECT_THAT(statement.renames, IsEmpty());
  EXPECT_THAT(statement.tables_from_partitions,
              ElementsAre(TableName{"d", "u"}, TableName{"d", "v"}));
}

TEST(StatementReadings, FirstReadingDecidesColumnRenames) {
  const Statement statement =
      Either("ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE t RENAME COLUMN a TO c");
  EXPECT_THAT(statement.column_renames, ElementsAre(std::pair<std::string, std::string>("a", "b")));
}

TEST(StatementReadings, TemporaryTablesStayUnnamedUnlessDropped) {
  const Statement created =
      Either("CREATE TEMPORARY TABLE t (a INT)", "CREATE TEMPORARY TABLE u (a INT)");
  EXPECT_TRUE(created.temporary);
  EXPECT_THAT(created.tables, IsEmpty());
  EXPECT_EQ(Either("DROP TEMPORARY TABLE t", "DROP TEMPORARY TABLE u").tables.size(), 2u);
  EXPECT_EQ(Either("DROP TEMPORARY TABLE t", "DROP TABLE t"), NotUnderstood());
}

TEST(StatementReadings, DifferentKindsMayConcernAnyTable) {
  EXPECT_EQ(Either("DROP DATABASE a", "DROP DATABASE b"), NotUnderstood());
  EXPECT_EQ(Either("TRUNCATE t", "TRUNCATE"), NotUnderstood());
  EXPECT_EQ(Either("TRUNCATE t", "FLUSH TABLES"), NotUnderstood());
}

TEST(StatementReadings, RowStatementsKeepTheirKind) {
  EXPECT_EQ(Either("DELETE FROM t", "DELETE FROM u").kind, StatementKind::kRowStatement);
}

}  // namespace
}  // namespace millrace::schema
