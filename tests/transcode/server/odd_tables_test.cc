// SPDX-License-Identifier: Apache-2.0

// Tables whose events differ from what information_schema seems to show.

#include "base/error.h"
#include "transcode/server/read_values_fixture.h"

namespace millrace {
namespace {

class OddTables : public ReadValues {
 protected:
  // Expects the rows of the table, filled by `inserts`, to be the same in a query and in the
  // binlog.
  void ExpectSame(const std::string& definition, const std::vector<std::string>& inserts,
                  const std::string& order = "ORDER BY id") {
    Execute("CREATE TABLE t " + definition);
    for (const std::string& insert : inserts) Execute("INSERT INTO t " + insert);
    const auto version = Describe("t");
    const EncodedRows streamed = Inserted({{"t", version}})["t"];
    EXPECT_FALSE(streamed.empty());
    EXPECT_EQ(Select(version, order), streamed);
  }
};
// Features of only one of the servers.
class OddMysqlTables : public OddTables {};
class OddMariadbTables : public OddTables {};

TEST_P(OddTables, InvalidTextIsReportedTheSameWay) {
  ExpectSame(
      "(id INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET cp1251, b CHAR(9) CHARACTER SET gbk, c TEXT "
      "CHARACTER SET sjis, d VARCHAR(300) CHARACTER SET euckr, e VARCHAR(9) CHARACTER SET tis620)",
      {"VALUES (1, X'6198', X'FEFE', X'8540', X'C9A1', X'FF')"});
}

TEST_P(OddTables, PrimaryKeyPrefixesAndOrderDoNotMatter) {
  ExpectSame("(id INT, t TEXT, v VARCHAR(300), PRIMARY KEY (v(10), id, t(5)))",
             {"VALUES (1, 'text', 'varchar')"});
}

TEST_P(OddTables, NamesOfAnyCharactersAreRead) {
  ExpectSame("(`id` INT PRIMARY KEY, `a``b` INT, `sélect` INT, `x y` INT, `日` INT, `'` INT)",
             {"VALUES (1, 2, 3, 4, 5, 6)"});
}

TEST_P(OddTables, GeneratedAndInvisibleColumnsAreRead) {
  ExpectSame(
      "(id INT PRIMARY KEY, v INT AS (id + 1) VIRTUAL, s INT AS (id + 2) STORED, i INT INVISIBLE "
      "DEFAULT 7, w INT AS (id + 3) VIRTUAL, INDEX (w))",
      {"(id) VALUES (1), (2)"});
}

TEST_P(OddTables, TableOfAnotherEngineWithoutKeyIsRead) {
  ExpectSame("(a BIT(3), b BIT(12), c CHAR(0), d BIT(1)) ENGINE = MyISAM",
             {"VALUES (5, 4095, '', 1)"}, "");
}

TEST_P(OddTables, ZerofillDecimalsAreRead) {
  ExpectSame(
      "(id INT(9) ZEROFILL PRIMARY KEY, a DECIMAL(3,3) ZEROFILL, b DECIMAL(65,30) ZEROFILL, c "
      "BIGINT(255) ZEROFILL, d FLOAT(7,3) ZEROFILL, e DOUBLE ZEROFILL)",
      {"VALUES (1, 0.5, 1.5, 18446744073709551615, 1.25, 0.1), (2, 0, 0, 0, 0, 0)"});
}

TEST_P(OddTables, LabelsAboveTheBasicPlaneAreUnproven) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY, e ENUM('🎉', 'b') CHARACTER SET utf8mb4)");
  EXPECT_EQ(ErrorReason(TryDescribe("t").status()), "SCHEMA_UNPROVEN");
  Execute("CREATE TABLE u (id INT PRIMARY KEY, e ENUM('?', 'b') CHARACTER SET latin1)");
  EXPECT_EQ(Describe("u")->columns[1].labels, (std::vector<std::string>{"?", "b"}));
}

TEST_P(OddMysqlTables, KeyThatTheServerAddsIsRead) {
  Execute("SET sql_generate_invisible_primary_key = ON");
  ExpectSame("(a INT)", {"VALUES (1), (2)"}, "ORDER BY my_row_id");
}

TEST_P(OddMariadbTables, ColumnsOfRowVersionsAreRead) {
  ExpectSame("(id INT PRIMARY KEY) WITH SYSTEM VERSIONING", {"VALUES (1), (2)"});
}

TEST_P(OddMariadbTables, NamedColumnsOfRowVersionsAreRead) {
  ExpectSame(
      "(id INT PRIMARY KEY, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED "
      "ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
      {"(id) VALUES (1), (2)"});
}

TEST_P(OddMariadbTables, ColumnsOfRowVersionsWithoutKeyAreRead) {
  ExpectSame("(id INT) WITH SYSTEM VERSIONING", {"VALUES (1), (2)"});
}

TEST_P(OddMariadbTables, HashesOfLongUniqueIndexesAreOmitted) {
  ExpectSame("(id INT PRIMARY KEY, DB_ROW_HASH_1 INT, t TEXT UNIQUE, b BLOB NOT NULL UNIQUE)",
             {"VALUES (1, 2, 'a', 'b'), (2, 3, NULL, '')"});
}

TEST_P(OddMariadbTables, TemporalTypesOfTheOldFormatAreRead) {
  Execute("SET GLOBAL mysql56_temporal_format = OFF");
  ExpectSame(
      "(id INT PRIMARY KEY, a TIMESTAMP NULL, b DATETIME, c TIME, d DATE)",
      {"VALUES (1, '2024-02-03 04:05:06', '2024-02-31 01:02:03', '-838:59:59', '0000-00-00')",
       "VALUES (2, '0000-00-00', '0000-00-00', '00:00:00', '9999-12-31')"});
}

TEST_P(OddMariadbTables, NewCollationsOfMariadbAreRead) {
  ExpectSame(
      "(id INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET utf8mb4 COLLATE uca1400_ai_ci, b ENUM('é') "
      "CHARACTER SET utf16 COLLATE uca1400_swedish_nopad_ai_ci, c TEXT COLLATE latin1_nopad_bin)",
      {"VALUES (1, 'é', 'é', 'x')"});
}

MILLRACE_BOTH_SERVERS(OddTables);
INSTANTIATE_TEST_SUITE_P(Servers, OddMysqlTables, ::testing::Values(ServerKind::kMysql),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Servers, OddMariadbTables, ::testing::Values(ServerKind::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace
