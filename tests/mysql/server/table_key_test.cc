// SPDX-License-Identifier: Apache-2.0

#include "mysql/table_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

class TableKeyTest : public SourceTest {
 protected:
  TableKeyTest() : server_(Start()), root_(server_->MustConnect()) {
    root_.MustExecute("CREATE DATABASE d");
    connection_ = MustConnect(OptionsFor(*server_));
  }
  // Creates d.t with `definition` and returns its key as `index(columns)`, or "" if it has none.
  std::string KeyOf(const std::string& definition) {
    root_.MustExecute("DROP TABLE IF EXISTS d.t");
    root_.MustExecute("CREATE TABLE d.t (" + definition + ")");
    const auto key = FetchTableKey(*connection_, {"d", "t"}).value();
    if (!key.has_value()) return "";
    std::string text = key->index + "(";
    for (const std::string& column : key->columns) text += column + ",";
    text.back() = ')';
    return text;
  }

  std::unique_ptr<testing::SourceServer> server_;
  testing::SqlSession root_;
  std::unique_ptr<Connection> connection_;
};

TEST_P(TableKeyTest, PrimaryKeyComesFirstInItsOwnOrder) {
  EXPECT_EQ(KeyOf("a INT, b INT NOT NULL UNIQUE, c INT, PRIMARY KEY (c, a)"), "PRIMARY(c,a)");
}

TEST_P(TableKeyTest, UniqueIndexMustBeNotNull) {
  EXPECT_EQ(KeyOf("a INT NOT NULL, b INT, UNIQUE KEY `Odd Name` (a, b)"), "");
  EXPECT_EQ(KeyOf("a INT NOT NULL, b INT, UNIQUE KEY n (b), UNIQUE KEY `Odd ``Name` (a)"),
            "Odd `Name(a)");
  EXPECT_EQ(KeyOf("a INT NOT NULL, b INT NOT NULL, KEY plain (a), UNIQUE KEY u (b, a)"), "u(b,a)");
}

TEST_P(TableKeyTest, PrefixIndexIsNoKey) {
  EXPECT_EQ(KeyOf("a VARCHAR(200) NOT NULL, PRIMARY KEY (a(10))"), "");
  EXPECT_EQ(KeyOf("a VARCHAR(200) NOT NULL, b INT NOT NULL, PRIMARY KEY (a(10)), UNIQUE u (b)"),
            "u(b)");
}

TEST_P(TableKeyTest, UnusableIndexIsNoKey) {
  const std::string off = mysql() ? "INVISIBLE" : "IGNORED";
  EXPECT_EQ(KeyOf("a INT NOT NULL, b INT NOT NULL, UNIQUE KEY u (a) USING BTREE, "
                  "UNIQUE KEY v (b) " +
                  off),
            "u(a)");
  EXPECT_EQ(
      KeyOf("x INT, a INT NOT NULL, b INT NOT NULL, UNIQUE KEY u (b), UNIQUE KEY v (a) " + off),
      "u(b)");
}

TEST_P(TableKeyTest, ExpressionsAndHashesAreNoKey) {
  EXPECT_EQ(KeyOf(mysql() ? "a INT NOT NULL, UNIQUE KEY u ((a + 1))"
                          : "a BLOB NOT NULL, UNIQUE KEY u (a)"),
            "");
}

TEST_P(TableKeyTest, MemoryTableKeepsItsPrimaryKey) {
  EXPECT_EQ(KeyOf("a INT PRIMARY KEY) ENGINE = MEMORY -- ").substr(0, 7), "PRIMARY");
}

TEST_P(TableKeyTest, MissingTableIsReported) {
  EXPECT_EQ(ErrorReason(FetchTableKey(*connection_, {"d", "none"}).status()), "TABLE_MISSING");
  EXPECT_EQ(ErrorReason(FetchRowEstimate(*connection_, {"d", "none"}).status()), "TABLE_MISSING");
}

TEST_P(TableKeyTest, ListsBaseTablesInByteOrder) {
  root_.MustExecute("CREATE TABLE d.b (a INT)");
  root_.MustExecute("CREATE TABLE d.B (a INT)");
  root_.MustExecute("CREATE TABLE d.`a.'x` (a INT)");
  root_.MustExecute("CREATE VIEW d.v AS SELECT * FROM d.b");
  std::vector<TableName> expected = {{"d", "B"}, {"d", "a.'x"}, {"d", "b"}};
  if (!mysql()) {
    root_.MustExecute("CREATE SEQUENCE d.s");
    root_.MustExecute("CREATE TABLE d.versioned (a INT) WITH SYSTEM VERSIONING");
    expected.push_back({"d", "versioned"});
  }
  EXPECT_EQ(FetchTableNames(*connection_).value(), expected);
}

TEST_P(TableKeyTest, EstimateFollowsTheStatistics) {
  root_.MustExecute("CREATE TABLE d.t (a INT AUTO_INCREMENT PRIMARY KEY, b INT)");
  EXPECT_LE(FetchRowEstimate(*connection_, {"d", "t"}).value(), 1u);
  root_.MustExecute("INSERT INTO d.t (b) VALUES (1)");
  for (int i = 0; i < 10; ++i) root_.MustExecute("INSERT INTO d.t (b) SELECT b FROM d.t");
  root_.MustExecute("ANALYZE TABLE d.t");
  const uint64_t estimate = FetchRowEstimate(*connection_, {"d", "t"}).value();
  EXPECT_TRUE(estimate > 512 && estimate < 2048) << estimate;
}

MILLRACE_BOTH_SERVERS(TableKeyTest);

}  // namespace
}  // namespace millrace
