// SPDX-License-Identifier: Apache-2.0

#include "mysql/table_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TableDetailsTest : public SourceTest {
 protected:
  TableDetailsTest() : server_(Start()), root_(server_->MustConnect()) {
    root_.MustExecute("CREATE DATABASE d");
  }
  // Creates d.t with `columns` and returns its details.
  TableDetails Make(const std::string& columns) {
    root_.MustExecute("CREATE TABLE d.t (" + columns + ")");
    return Fetch({"d", "t"}).value();
  }
  std::optional<TableDetails> Fetch(const TableName& name) {
    auto details = FetchTableDetails(*MustConnect(OptionsFor(*server_)), name);
    EXPECT_TRUE(details.ok()) << details.status();
    return details.value_or(std::nullopt);
  }

  std::unique_ptr<testing::SourceServer> server_;
  testing::SqlSession root_;
};

TEST_P(TableDetailsTest, ColumnsComeInOrderWithTypeAndNullability) {
  const TableDetails details = Make("z INT UNSIGNED NOT NULL, a DECIMAL(10,2), m BINARY(16)");
  ASSERT_EQ(details.columns.size(), 3u);
  EXPECT_EQ(details.columns[0].name, "z");
  EXPECT_EQ(details.columns[0].data_type, "int");
  EXPECT_TRUE(details.columns[0].is_unsigned);
  EXPECT_FALSE(details.columns[0].nullable);
  EXPECT_EQ(details.columns[1].column_type, "decimal(10,2)");
  EXPECT_FALSE(details.columns[1].is_unsigned);
  EXPECT_TRUE(details.columns[1].nullable);
  EXPECT_EQ(details.columns[2].column_type, "binary(16)");
}

TEST_P(TableDetailsTest, KeyColumnsHaveTheirOrdinal) {
  const TableDetails details = Make("a INT, b INT, c INT, PRIMARY KEY (c, a), UNIQUE KEY (b)");
  EXPECT_EQ(details.columns[0].key_ordinal, 2u);
  EXPECT_EQ(details.columns[1].key_ordinal, 0u);
  EXPECT_EQ(details.columns[2].key_ordinal, 1u);
}

TEST_P(TableDetailsTest, UniqueKeyReplacesMissingPrimaryKey) {
  const TableDetails details = Make(
      "a INT NOT NULL, b INT, c INT NOT NULL, d VARCHAR(9) NOT NULL, UNIQUE KEY (b), "
      "UNIQUE KEY (d(3)), UNIQUE KEY (c, a)");
  EXPECT_EQ(details.columns[0].key_ordinal, 2u);
  EXPECT_EQ(details.columns[1].key_ordinal, 0u);
  EXPECT_EQ(details.columns[2].key_ordinal, 1u);
  EXPECT_EQ(details.columns[3].key_ordinal, 0u);
}

TEST_P(TableDetailsTest, TextCarriesCharsetAndCollation) {
  const TableDetails details = Make(
      "a VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin, b VARCHAR(9) CHARACTER SET utf8mb4 "
      "COLLATE utf8mb4_bin, c VARBINARY(9), d INT");
  EXPECT_EQ(details.columns[0].charset, "latin1");
  EXPECT_EQ(details.columns[0].collation, 47u);
  EXPECT_EQ(details.columns[1].collation, 46u);
  EXPECT_EQ(details.columns[2].charset, "");
  EXPECT_EQ(details.columns[3].collation, 0u);
}

TEST_P(TableDetailsTest, LengthsAndPrecisionsAreFetched) {
  const TableDetails details = Make(
      "a VARCHAR(9) CHARACTER SET utf8mb4, b DECIMAL(10,2), c DATETIME(3), d BIT(12), e LONGBLOB, "
      "f TIME");
  EXPECT_EQ(details.columns[0].character_octet_length, 36u);
  EXPECT_EQ(details.columns[1].numeric_precision, 10u);
  EXPECT_EQ(details.columns[1].numeric_scale, 2u);
  EXPECT_EQ(details.columns[2].datetime_precision, 3u);
  EXPECT_EQ(details.columns[3].numeric_precision, 12u);
  EXPECT_EQ(details.columns[4].character_octet_length, 0xffffffffu);
  EXPECT_EQ(details.columns[5].datetime_precision, 0u);
}

TEST_P(TableDetailsTest, MergeTableListsItsTables) {
  root_.MustExecute("CREATE DATABASE `o``d`");
  root_.MustExecute("CREATE TABLE d.`a,b` (id INT, KEY (id)) ENGINE = MyISAM");
  root_.MustExecute("CREATE TABLE `o``d`.c (id INT, KEY (id)) ENGINE = MyISAM");
  root_.MustExecute(
      "CREATE TABLE d.m (id INT, KEY (id)) ENGINE = MERGE UNION = (d.`a,b`, `o``d`.c) "
      "INSERT_METHOD = LAST COMMENT ' UNION=(`x`)'");
  const TableDetails details = Fetch({"d", "m"}).value();
  EXPECT_TRUE(details.merge);
  EXPECT_THAT(details.merged, ElementsAre(TableName{"d", "a,b"}, TableName{"o`d", "c"}));
  EXPECT_FALSE(Fetch({"d", "a,b"})->merge);
  EXPECT_THAT(ParseMerged("… UNION=(a,d2.b)", "d"),
              ElementsAre(TableName{"d", "a"}, TableName{"d2", "b"}));
}

TEST_P(TableDetailsTest, LabelsAreUnquoted) {
  const TableDetails details = Make(
      R"(a ENUM('a,b', 'it''s', 'back\\slash', 'new\nline',  'ret\rurn', 'nu\0ll', '', 'ä€', 'x unsigned)', '"'),
              b SET('one', 'two''', '\'three'))");
  EXPECT_THAT(details.columns[0].labels,
              ElementsAre("a,b", "it's", "back\\slash", "new\nline", "ret\rurn",
                          std::string("nu\0ll", 5), "", "ä€", "x unsigned)", "\""));
  EXPECT_FALSE(details.columns[0].is_unsigned);
  EXPECT_THAT(details.columns[1].labels, ElementsAre("one", "two'", "'three"));
}

TEST_P(TableDetailsTest, GeneratedAndInvisibleColumnsAreMarked) {
  const TableDetails details = Make(
      "a INT, v INT AS (a + 1) VIRTUAL, s INT AS (a + 2) STORED, "
      "i INT INVISIBLE, e DATETIME DEFAULT (NOW())");
  EXPECT_TRUE(details.columns[1].generated && details.columns[1].virtual_generated);
  EXPECT_TRUE(details.columns[2].generated && !details.columns[2].virtual_generated);
  EXPECT_TRUE(details.columns[3].invisible && !details.columns[3].generated);
  EXPECT_FALSE(details.columns[4].generated || details.columns[4].invisible);
}

TEST_P(TableDetailsTest, OddNamesMatchExactly) {
  root_.MustExecute(R"(CREATE DATABASE `o'd\d``b`)");
  root_.MustExecute(R"(CREATE TABLE `o'd\d``b`.`t.%_"x` (`c``'\` INT PRIMARY KEY))");
  const auto details = Fetch({R"(o'd\d`b)", R"(t.%_"x)"});
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->columns[0].name, R"(c`'\)");
  EXPECT_EQ(details->columns[0].key_ordinal, 1u);
  EXPECT_FALSE(Fetch({R"(o'd\d`b)", R"(t.%%"x)"}).has_value());
}

// If a view refers to itself, even a query of its columns fails.
TEST_P(TableDetailsTest, ViewReturnsNothing) {
  Make("id INT");
  root_.MustExecute("CREATE VIEW d.v AS SELECT * FROM d.t");
  EXPECT_FALSE(Fetch({"d", "v"}).has_value());
  root_.MustExecute("RENAME TABLE d.t TO d.gone, d.v TO d.t");
  EXPECT_FALSE(Fetch({"d", "t"}).has_value());
}

TEST_P(TableDetailsTest, MissingTableReturnsNothing) {
  EXPECT_FALSE(Fetch({"d", "none"}).has_value());
}

TEST_P(TableDetailsTest, KeyInOtherDatabaseIsIgnored) {
  root_.MustExecute("CREATE DATABASE e");
  root_.MustExecute("CREATE TABLE e.t (a INT PRIMARY KEY)");
  const TableDetails details = Make("a INT");
  ASSERT_EQ(details.columns.size(), 1u);
  EXPECT_EQ(details.columns[0].key_ordinal, 0u);
}

MILLRACE_BOTH_SERVERS(TableDetailsTest);

TEST(ParseLabelsTest, MalformedTypeHasNoLabels) {
  for (const char* text : {"", "int", "enum", "enum(", "enum()", "enum('a", "enum('a'", "enum('a',",
                           "enum('a';'b')", "set(a)"}) {
    EXPECT_THAT(ParseLabels(text), IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace millrace
