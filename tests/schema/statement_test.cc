// SPDX-License-Identifier: Apache-2.0

#include "schema/statement.h"

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using enum StatementKind;

constexpr uint64_t kAnsiQuotes = StatementSession::kAnsiQuotes;
constexpr uint64_t kNoBackslashEscapes = StatementSession::kNoBackslashEscapes;

Statement Of(std::string_view text) { return Classify(text, "d"); }
Statement UnderMode(uint64_t sql_mode, std::string_view text) {
  return Classify(text, "d", {.sql_mode = sql_mode});
}
StatementKind KindOf(std::string_view text) { return Of(text).kind; }

std::vector<std::string> TablesOf(const Statement& statement) {
  std::vector<std::string> names;
  for (const TableName& table : statement.tables) names.push_back(table.ToString());
  return names;
}
std::vector<std::string> Tables(std::string_view text) { return TablesOf(Of(text)); }

TEST(Statement, TransactionsBeginAndEnd) {
  EXPECT_EQ(KindOf("BEGIN"), kBegin);
  EXPECT_EQ(KindOf("begin work"), kBegin);
  EXPECT_EQ(KindOf("START TRANSACTION READ WRITE"), kBegin);
  EXPECT_EQ(KindOf("COMMIT"), kCommit);
  EXPECT_EQ(KindOf("commit and chain;"), kCommit);
  EXPECT_EQ(KindOf("ROLLBACK"), kRollback);
  EXPECT_EQ(KindOf("ROLLBACK WORK"), kRollback);
}

TEST(Statement, SavepointsDoNotEndTransactions) {
  EXPECT_EQ(KindOf("SAVEPOINT `a`"), kSavepoint);
  EXPECT_EQ(KindOf("ROLLBACK TO `a`"), kRollbackTo);
  EXPECT_EQ(KindOf("ROLLBACK WORK TO SAVEPOINT a"), kRollbackTo);
  EXPECT_EQ(KindOf("RELEASE SAVEPOINT a"), kRelease);
}

TEST(Statement, SavepointNamesAreUnquoted) {
  EXPECT_EQ(Of("SAVEPOINT `a``b`").savepoint, "a`b");
  EXPECT_EQ(Of("savepoint a").savepoint, "a");
  EXPECT_EQ(UnderMode(kAnsiQuotes, "ROLLBACK TO \"a b\"").savepoint, "a b");
  EXPECT_EQ(Of("ROLLBACK WORK TO SAVEPOINT a").savepoint, "a");
  EXPECT_EQ(Of("ROLLBACK TO savepoint").savepoint, "savepoint");
}

TEST(Statement, XaStatementsHaveTheirKinds) {
  EXPECT_EQ(KindOf("XA START X'61',X'',1"), kBegin);
  EXPECT_EQ(KindOf("xa begin 'a'"), kBegin);
  EXPECT_EQ(KindOf("XA END X'61',X'',1"), kXaPrepare);
  EXPECT_EQ(KindOf("XA PREPARE X'61',X'',1"), kXaPrepare);
  EXPECT_EQ(KindOf("XA COMMIT X'61',X'',1"), kXaCommit);
  EXPECT_EQ(KindOf("XA ROLLBACK X'61',X'',1"), kXaRollback);
  EXPECT_EQ(KindOf("XA RECOVER"), kOther);
}

TEST(Statement, TruncateNamesItsTable) {
  EXPECT_EQ(KindOf("TRUNCATE t"), kTruncate);
  EXPECT_THAT(Tables("TRUNCATE t"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("truncate table `a b`.`c``d`"), ElementsAre("a b.c`d"));
  EXPECT_TRUE(Of("TRUNCATE").may_concern_any_table);
}

TEST(Statement, CreateTableNamesItsTable) {
  EXPECT_EQ(KindOf("CREATE TABLE t (a INT)"), kDefinition);
  EXPECT_THAT(Tables("CREATE TABLE IF NOT EXISTS x.t (a INT)"), ElementsAre("x.t"));
  EXPECT_THAT(Tables("CREATE OR REPLACE TABLE t (a INT)"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("CREATE TABLE x LIKE y"), ElementsAre("d.x"));
  EXPECT_THAT(Tables("CREATE TABLE x . t (a INT)"), ElementsAre("x.t"));
  EXPECT_THAT(Tables("CREATE TABLE .t (a INT)"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("CREATE TABLE 1st.2nd (a INT)"), ElementsAre("1st.2nd"));
  EXPECT_THAT(Tables("CREATE TABLE tabelle_ä (a INT)"), ElementsAre("d.tabelle_ä"));
}

TEST(Statement, CreateTableSelectStartsTransaction) {
  EXPECT_TRUE(
      Of("CREATE TABLE `t` (\n  `a` int DEFAULT NULL\n) START TRANSACTION").starts_transaction);
  EXPECT_TRUE(Of("CREATE TABLE t (a INT) ENGINE=InnoDB START TRANSACTION;").starts_transaction);
  EXPECT_FALSE(Of("CREATE TABLE t (a INT) COMMENT 'x START TRANSACTION'").starts_transaction);
  EXPECT_FALSE(Of("CREATE TABLE t (start INT)").starts_transaction);
}

TEST(Statement, TemporaryTablesAreMarked) {
  EXPECT_TRUE(Of("CREATE TEMPORARY TABLE t (a INT)").temporary);
  EXPECT_TRUE(Of("CREATE OR REPLACE TEMPORARY TABLE t (a INT)").temporary);
  EXPECT_TRUE(Of("DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`").temporary);
  EXPECT_TRUE(Of("DROP TABLE IF EXISTS `d`.`#sql-1a_2`").temporary);
  EXPECT_FALSE(Of("DROP TABLE t, `#sql-1`").temporary);
  EXPECT_FALSE(Of("DROP TABLE `#sqlite`").temporary);
  EXPECT_FALSE(Of("CREATE TABLE temporary_t (a INT)").temporary);
}

TEST(Statement, AlterTableNamesItsTable) {
  EXPECT_EQ(KindOf("ALTER TABLE t ADD COLUMN b INT"), kDefinition);
  EXPECT_THAT(Tables("ALTER ONLINE IGNORE TABLE x.t WAIT 5 ADD b INT"), ElementsAre("x.t"));
  EXPECT_THAT(Tables("ALTER TABLE IF EXISTS t NOWAIT DROP b"), ElementsAre("d.t"));
}

TEST(Statement, RenamedColumnsAreListed) {
  EXPECT_THAT(Of("ALTER TABLE db.t RENAME COLUMN a TO b, CHANGE c d INT, ADD e INT, "
                 "CHANGE COLUMN `f` `g h` DECIMAL(10,2) NOT NULL DEFAULT '1,2' AFTER a")
                  .column_renames,
              ElementsAre(Pair("a", "b"), Pair("c", "d"), Pair("f", "g h")));
}

TEST(Statement, SwappedColumnsAreListed) {
  EXPECT_THAT(Of("alter table t rename column a to b, rename column b to a").column_renames,
              ElementsAre(Pair("a", "b"), Pair("b", "a")));
}

TEST(Statement, ColumnsMayBeNamedWithTheirTable) {
  for (const std::string_view text :
       {"ALTER TABLE t CHANGE t.a b INT", "ALTER TABLE t CHANGE COLUMN d.t.a b INT",
        "ALTER TABLE t CHANGE a t.b INT", "ALTER TABLE t CHANGE `t`.`a` d.t.b INT",
        "ALTER TABLE t CHANGE .a b INT", "ALTER TABLE t RENAME COLUMN t.a TO d.t.b",
        "ALTER TABLE t MODIFY t.x INT, DROP t.y, ADD d.t.z INT, CHANGE t.a t.b INT"}) {
    EXPECT_THAT(Of(text).column_renames, ElementsAre(Pair("a", "b"))) << text;
  }
}

TEST(Statement, ChangeWithoutColumnNamesIsNotUnderstood) {
  for (const std::string_view text :
       {"ALTER TABLE t CHANGE 'a' b INT", "ALTER TABLE t CHANGE a 'b' INT",
        "ALTER TABLE t RENAME COLUMN a TO"}) {
    EXPECT_TRUE(Of(text).may_concern_any_table) << text;
  }
}

TEST(Statement, OnlyColumnRenamesAreListed) {
  EXPECT_THAT(Of("ALTER TABLE t CHANGE a a BIGINT").column_renames, IsEmpty());
  EXPECT_THAT(Of("ALTER TABLE t RENAME INDEX a TO b, RENAME KEY c TO d").column_renames, IsEmpty());
  EXPECT_THAT(Of("ALTER TABLE t ADD c ENUM('x, CHANGE a b INT')").column_renames, IsEmpty());
  EXPECT_THAT(Of("ALTER TABLE t ADD CHECK (a > 1, RENAME COLUMN a TO b)").column_renames,
              IsEmpty());
  EXPECT_THAT(Of("ALTER TABLE t ADD a INT /* , CHANGE a b INT */").column_renames, IsEmpty());
  EXPECT_THAT(Of("ALTER TABLE t ADD a INT COMMENT 'it\\'s, CHANGE a b'").column_renames, IsEmpty());
}

TEST(Statement, CaseOnlyChangeIsARename) {
  EXPECT_THAT(Of("ALTER TABLE t CHANGE COLUMN IF EXISTS a A INT").column_renames,
              ElementsAre(Pair("a", "A")));
}

TEST(Statement, AlterTableNamesEveryTableItTouches) {
  EXPECT_THAT(Tables("ALTER TABLE t ADD a INT, RENAME TO x.u"), ElementsAre("d.t", "x.u"));
  EXPECT_THAT(Tables("ALTER TABLE t RENAME u"), ElementsAre("d.t", "d.u"));
  EXPECT_THAT(Tables("ALTER TABLE t RENAME AS u"), ElementsAre("d.t", "d.u"));
  EXPECT_THAT(Tables("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u WITHOUT VALIDATION"),
              ElementsAre("d.t", "d.u"));
  EXPECT_THAT(Tables("ALTER TABLE t CONVERT PARTITION p TO TABLE u"), ElementsAre("d.t", "d.u"));
  EXPECT_THAT(Tables("ALTER TABLE t CONVERT TABLE u TO PARTITION p"), ElementsAre("d.t", "d.u"));
  EXPECT_THAT(Tables("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4"), ElementsAre("d.t"));
}

StatementVerb VerbOf(std::string_view text) { return Of(text).verb; }

TEST(Statement, VerbShowsWhatHappensToTables) {
  EXPECT_EQ(VerbOf("CREATE TABLE t (a INT)"), StatementVerb::kCreate);
  EXPECT_EQ(VerbOf("ALTER IGNORE TABLE t ADD a INT"), StatementVerb::kAlter);
  EXPECT_EQ(VerbOf("DROP TABLES t"), StatementVerb::kDrop);
  EXPECT_EQ(VerbOf("RENAME TABLE t TO u"), StatementVerb::kRename);
  EXPECT_EQ(VerbOf("TRUNCATE t"), StatementVerb::kTruncate);
  EXPECT_EQ(VerbOf("DROP DATABASE x"), StatementVerb::kDrop);
  for (const std::string_view text :
       {"DROP VIEW v", "CREATE SEQUENCE s", "DROP TABLE 'x'", "RENAME TABLE a TO b, c INTO d",
        "CREATE PROCEDURE p() BEGIN END", "INSERT INTO t VALUES (1)", "DROP TRIGGER g"}) {
    EXPECT_EQ(VerbOf(text), StatementVerb::kOther) << text;
    EXPECT_THAT(Of(text).renames, IsEmpty()) << text;
  }
}

TEST(Statement, IfNotExistsAndReplaceAreReported) {
  EXPECT_TRUE(Of("CREATE TABLE IF NOT EXISTS t (a INT)").if_not_exists);
  EXPECT_FALSE(Of("CREATE TABLE t (a INT)").if_not_exists);
  EXPECT_FALSE(Of("DROP TABLE IF EXISTS t").if_not_exists);
  EXPECT_FALSE(Of("ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT").if_not_exists);
  EXPECT_TRUE(Of("CREATE OR REPLACE TABLE t (a INT)").or_replace);
  EXPECT_TRUE(Of("CREATE OR REPLACE DATABASE x").or_replace);
  EXPECT_FALSE(Of("CREATE TABLE t (a INT)").or_replace);
}

TEST(Statement, RenamesKeepTheirOrder) {
  const auto renames = [](std::string_view text) {
    std::vector<std::string> pairs;
    for (const auto& [from, to] : Of(text).renames) {
      pairs.push_back(from.ToString() + " " + to.ToString());
    }
    return pairs;
  };
  EXPECT_THAT(renames("RENAME TABLE t TO _t, x.g TO t, _t TO x.g"),
              ElementsAre("d.t d._t", "x.g d.t", "d._t x.g"));
  EXPECT_THAT(renames("ALTER TABLE t ADD a INT, RENAME TO x.u"), ElementsAre("d.t x.u"));
  EXPECT_THAT(renames("ALTER TABLE t RENAME = u"), ElementsAre("d.t d.u"));
  EXPECT_THAT(renames("ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX c TO e"), IsEmpty());
}

TEST(Statement, IndexOnlyRequiresCertainty) {
  for (const std::string_view text :
       {"CREATE UNIQUE INDEX i ON t (a)", "DROP INDEX i ON t", "ALTER TABLE t ADD INDEX i (a, b)",
        "ALTER TABLE t ADD FULLTEXT KEY i (a), ALGORITHM=INPLACE, LOCK=NONE",
        "ALTER TABLE t DROP KEY i, ADD KEY j (a), RENAME INDEX x TO y",
        "/*!40000 ALTER TABLE `t` DISABLE KEYS */"}) {
    EXPECT_TRUE(Of(text).index_only) << text;
  }
  for (const std::string_view text :
       {"ALTER TABLE t", "ALTER TABLE t ADD INDEX i (a), ADD b INT",
        "ALTER TABLE t ADD `index` INT", "ALTER TABLE t DROP a, ADD INDEX i (b)",
        "ALTER IGNORE TABLE t ADD INDEX i (a)", "ALTER TABLE t ADD UNIQUE INDEX i (a)",
        "ALTER TABLE t ENGINE=InnoDB", "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t DROP PRIMARY KEY", "ALTER TABLE t ADD INDEX i (a), RENAME COLUMN b TO c",
        "CREATE TABLE t (a INT, KEY (a))"}) {
    EXPECT_FALSE(Of(text).index_only) << text;
  }
}

TEST(Statement, ColumnNamedLikeKeywordIsNoSpecification) {
  EXPECT_THAT(Tables("ALTER TABLE t ADD exchange INT, COMMENT 'TABLE u'"), ElementsAre("d.t"));
}

TEST(Statement, RenameTableNamesBothSidesOnce) {
  EXPECT_EQ(KindOf("RENAME TABLE a TO b"), kDefinition);
  EXPECT_THAT(Tables("RENAME TABLE a TO b, x.c TO y.d"), ElementsAre("d.a", "d.b", "x.c", "y.d"));
  EXPECT_THAT(Tables("rename tables `t` to `_t_del`, `_t_gho` to `t`"),
              ElementsAre("d.t", "d._t_del", "d._t_gho"));
  EXPECT_THAT(Tables("RENAME TABLE IF EXISTS a NOWAIT TO b"), ElementsAre("d.a", "d.b"));
}

TEST(Statement, DropTableNamesAll) {
  EXPECT_THAT(Tables("DROP TABLE IF EXISTS a, `b`.`c` RESTRICT /* generated by server */"),
              ElementsAre("d.a", "b.c"));
  EXPECT_THAT(Tables("DROP TABLES a, b CASCADE"), ElementsAre("d.a", "d.b"));
}

TEST(Statement, DoubleQuotesAreNamesOnlyUnderAnsiQuotes) {
  const std::string_view text = "ALTER TABLE \"x\".\"a\"\"b\" ADD c INT";
  EXPECT_THAT(TablesOf(UnderMode(kAnsiQuotes, text)), ElementsAre("x.a\"b"));
  EXPECT_TRUE(Of(text).may_concern_any_table);
  EXPECT_THAT(Of("ALTER TABLE t COMMENT \", RENAME COLUMN a TO b\"").column_renames, IsEmpty());
}

TEST(Statement, BackslashEscapesDependOnSqlMode) {
  const std::string_view text = "ALTER TABLE t COMMENT 'C:\\', RENAME COLUMN a TO aa";
  EXPECT_THAT(UnderMode(kNoBackslashEscapes, text).column_renames, ElementsAre(Pair("a", "aa")));
  EXPECT_TRUE(Of(text).may_concern_any_table);
  const std::string_view escaped = "ALTER TABLE t COMMENT 'it\\', RENAME COLUMN a TO aa -- '";
  EXPECT_THAT(Of(escaped).column_renames, IsEmpty());
  EXPECT_FALSE(Of(escaped).may_concern_any_table);
}

TEST(Statement, BackslashInQuotedNameIsLiteral) {
  EXPECT_THAT(TablesOf(UnderMode(kAnsiQuotes, "DROP TABLE \"odd\\\", b")),
              ElementsAre("d.odd\\", "d.b"));
  EXPECT_THAT(Tables("DROP TABLE `odd\\`, b"), ElementsAre("d.odd\\", "d.b"));
}

TEST(Statement, QuoteOrCommentWithoutEndIsNotUnderstood) {
  for (const std::string_view text :
       {"ALTER TABLE t COMMENT 'x", "ALTER TABLE t ADD `a INT", "DROP TABLE t /* x",
        "ALTER TABLE t /*! ADD a INT", "/* without an end", "ALTER TABLE t ADD a INT */ , DROP b",
        "CREATE TABLE t (a INT) COMMENT \"x", "SET STATEMENT a='x FOR DROP TABLE t"}) {
    EXPECT_TRUE(Of(text).may_concern_any_table) << text;
    EXPECT_TRUE(Of(text).withheld) << text;
    EXPECT_THAT(Tables(text), IsEmpty()) << text;
  }
}

TEST(Statement, UnknownModeNeedsAgreementOfAllModes) {
  const StatementSession unknown{.sql_mode = std::nullopt};
  EXPECT_THAT(TablesOf(Classify("ALTER TABLE t ADD a INT COMMENT 'x'", "d", unknown)),
              ElementsAre("d.t"));
  for (const std::string_view text :
       {"DROP TABLE \"t\"", "ALTER TABLE t COMMENT 'C:\\', RENAME COLUMN a TO b"}) {
    EXPECT_TRUE(Classify(text, "d", unknown).may_concern_any_table) << text;
  }
}

TEST(Statement, SetStatementMakesModeUnknown) {
  EXPECT_TRUE(
      Of("SET STATEMENT sql_mode='ANSI_QUOTES' FOR DROP TABLE \"t\"").may_concern_any_table);
  const Statement statement = Of("SET STATEMENT sql_mode='ANSI_QUOTES' FOR DROP TABLE t");
  EXPECT_THAT(TablesOf(statement), ElementsAre("d.t"));
}

TEST(Statement, BracketsAreNamesUnderMssqlOfMariadb) {
  const std::string_view text = "DROP TABLE [a b], [c]]d]";
  StatementSession session{.flavour = Flavour::kMariadb, .sql_mode = StatementSession::kMssql};
  EXPECT_THAT(TablesOf(Classify(text, "d", session)), ElementsAre("d.a b", "d.c]d"));
  session.flavour = Flavour::kMysql;
  EXPECT_TRUE(Classify(text, "d", session).may_concern_any_table);
}

Statement InCharset(std::string_view charset, std::string_view text) {
  return Classify(text, "d", {.charset = charset});
}

TEST(Statement, NamesUseTheClientCharset) {
  EXPECT_THAT(TablesOf(InCharset("latin1", "DROP TABLE `\xc3\xa9`, \xe9")),
              ElementsAre("d.Ã©", "d.é"));
  EXPECT_THAT(TablesOf(InCharset("utf8mb4", "DROP TABLE `\xc3\xa9`")), ElementsAre("d.é"));
  EXPECT_THAT(InCharset("cp1251", "ALTER TABLE t RENAME COLUMN \xe6 TO b").column_renames,
              ElementsAre(Pair("ж", "b")));
}

TEST(Statement, TrailingBytesAreNeitherQuotesNorEscapes) {
  // The second byte of each is a backslash or a backquote.
  EXPECT_THAT(TablesOf(InCharset("sjis", "DROP TABLE `\x95\x5c`, b")), ElementsAre("d.表", "d.b"));
  EXPECT_THAT(TablesOf(InCharset("gbk", "DROP TABLE `\x81\x60`, b")), ElementsAre("d.乣", "d.b"));
  EXPECT_THAT(
      InCharset("sjis", "ALTER TABLE t COMMENT '\x95\x5c', RENAME COLUMN a TO b").column_renames,
      ElementsAre(Pair("a", "b")));
  EXPECT_TRUE(InCharset("latin1", "ALTER TABLE t COMMENT '\x95\x5c', RENAME COLUMN a TO b")
                  .may_concern_any_table);
}

TEST(Statement, ViewNameIsUtf8OnlyOnMysql) {
  const std::string_view text = "ALTER DEFINER=`root`@`%` VIEW `\xc3\xa9` AS SELECT '\xe9'";
  EXPECT_THAT(TablesOf(InCharset("latin1", text)), ElementsAre("d.é"));
  const StatementSession mariadb{.flavour = Flavour::kMariadb, .charset = "latin1"};
  EXPECT_THAT(TablesOf(Classify(text, "d", mariadb)), ElementsAre("d.Ã©"));
  EXPECT_FALSE(InCharset("utf8mb4", "ALTER VIEW `\xe9` AS SELECT 1").may_concern_any_table);
}

TEST(Statement, NoBreakSpaceSeparatesWordsInSomeCharsets) {
  EXPECT_THAT(TablesOf(InCharset("latin1", "DROP\xa0TABLE\xa0t")), ElementsAre("d.t"));
}

TEST(Statement, NameInvalidInItsCharsetIsNotUnderstood) {
  EXPECT_TRUE(InCharset("utf8mb4", "DROP TABLE `\xe9`").may_concern_any_table);
  EXPECT_TRUE(InCharset("", "DROP TABLE `\xc3\xa9`").may_concern_any_table);
  EXPECT_THAT(TablesOf(InCharset("", "DROP TABLE t")), ElementsAre("d.t"));
  EXPECT_FALSE(InCharset("utf8mb4", "ALTER TABLE t COMMENT '\xe9'").may_concern_any_table);
}

TEST(Statement, CommentsAreSkipped) {
  EXPECT_THAT(Tables("/* x */ ALTER -- TABLE no\n TABLE # no\n t ADD a INT"), ElementsAre("d.t"));
  EXPECT_EQ(KindOf("/* application: ALTER TABLE */ BEGIN"), kBegin);
  EXPECT_EQ(KindOf("-- only a comment"), kOther);
}

TEST(Statement, ContentOfExecutableCommentsCounts) {
  EXPECT_THAT(Tables("/*!40000 ALTER TABLE `t` DISABLE KEYS */"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("CREATE /*!50100 OR REPLACE */ TABLE t /*! (a INT) */"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("ALTER TABLE t /*!50100 PARTITION BY HASH (a) */"), ElementsAre("d.t"));
}

TEST(Statement, MariadbCommentsCountOnlyOnMariadb) {
  const std::string_view text = "ALTER TABLE t ADD x INT /*M!100301 , RENAME COLUMN a TO b */";
  EXPECT_THAT(Classify(text, "d", {.flavour = Flavour::kMariadb}).column_renames,
              ElementsAre(Pair("a", "b")));
  EXPECT_THAT(Of(text).column_renames, IsEmpty());
}

TEST(Statement, OnlyFiveOrSixDigitsAreAVersion) {
  EXPECT_THAT(Tables("DROP TABLE /*!1a */"), ElementsAre("d.1a"));
  EXPECT_THAT(Tables("DROP TABLE /*!501001a */"), ElementsAre("d.1a"));
  EXPECT_THAT(Tables("DROP TABLE /*!080000 a */"), ElementsAre("d.a"));
}

TEST(Statement, SetStatementPrefixIsSkipped) {
  EXPECT_THAT(
      Tables("SET STATEMENT max_statement_time=1, sql_mode='FOR' FOR ALTER TABLE t ADD a INT"),
      ElementsAre("d.t"));
  EXPECT_EQ(KindOf("SET STATEMENT a=1 FOR SET STATEMENT b=2 FOR COMMIT"), kCommit);
  EXPECT_EQ(KindOf("SET STATEMENT a=1"), kOther);
}

TEST(Statement, DatabaseNameIsReported) {
  EXPECT_EQ(Of("CREATE DATABASE IF NOT EXISTS `x y`").database, "x y");
  EXPECT_EQ(Of("DROP SCHEMA x").database, "x");
  EXPECT_EQ(Of("CREATE OR REPLACE DATABASE x").database, "x");
  EXPECT_EQ(Of("ALTER DATABASE x CHARACTER SET utf8mb4").database, "x");
  EXPECT_EQ(Of("ALTER DATABASE CHARACTER SET utf8mb4").database, "d");
  EXPECT_EQ(Of("ALTER SCHEMA DEFAULT COLLATE utf8mb4_bin").database, "d");
  EXPECT_EQ(KindOf("DROP SCHEMA x"), kDefinition);
  EXPECT_FALSE(Of("DROP SCHEMA x").may_concern_any_table);
}

TEST(Statement, IndexesAndTriggersConcernTheirTable) {
  EXPECT_THAT(Tables("CREATE UNIQUE INDEX i USING BTREE ON x.t (a)"), ElementsAre("x.t"));
  EXPECT_THAT(Tables("CREATE FULLTEXT INDEX IF NOT EXISTS i ON t (a)"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("DROP INDEX i ON t"), ElementsAre("d.t"));
  EXPECT_THAT(Tables("CREATE DEFINER=`root`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN "
                     "DELETE FROM u; ALTER TABLE v ADD a INT; END"),
              ElementsAre("d.t"));
  EXPECT_THAT(Tables("DROP TRIGGER g"), IsEmpty());
  EXPECT_FALSE(Of("DROP TRIGGER g").may_concern_any_table);
}

TEST(Statement, ViewsAndSequencesAreNamedLikeTables) {
  EXPECT_THAT(Tables("CREATE OR REPLACE ALGORITHM=MERGE DEFINER='a'@'b' SQL SECURITY INVOKER VIEW "
                     "x.v AS SELECT * FROM t"),
              ElementsAre("x.v"));
  EXPECT_THAT(Tables("ALTER DEFINER = CURRENT_USER() VIEW v AS SELECT 1"), ElementsAre("d.v"));
  EXPECT_THAT(Tables("DROP VIEW IF EXISTS v, w"), ElementsAre("d.v", "d.w"));
  EXPECT_THAT(Tables("CREATE SEQUENCE s START WITH 5"), ElementsAre("d.s"));
}

TEST(Statement, RenamedDatabaseIsNotUnderstood) {
  EXPECT_TRUE(
      Of("ALTER DATABASE `#mysql50#a-b` UPGRADE DATA DIRECTORY NAME").may_concern_any_table);
}

TEST(Statement, TrailingWordsAreNotUnderstood) {
  for (const std::string_view text :
       {"DROP TABLE a b", "TRUNCATE a, b", "RENAME TABLE a TO b c", "DROP DATABASE x y",
        "ALTER TABLE t EXCHANGE PARTITION p INTO TABLE u"}) {
    EXPECT_TRUE(Of(text).may_concern_any_table) << text;
  }
}

TEST(Statement, BodiesAreWithheld) {
  for (const std::string_view text :
       {"CREATE PROCEDURE p() SET @a = 1", "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SET @a = 1",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 'it''s",
        "CREATE VIEW v AS SELECT 'x", "ALTER VIEW v AS SELECT 1",
        "CREATE OR REPLACE PACKAGE BODY x AS END", "ALTER EVENT e DO SET @a = 1"}) {
    EXPECT_TRUE(Of(text).withheld) << text;
    EXPECT_FALSE(Of(text).may_concern_any_table) << text;
  }
  for (const std::string_view text :
       {"CREATE TABLE t (a INT)", "ALTER TABLE t ADD a INT", "DROP VIEW v", "DROP DATABASE x",
        "CREATE INDEX i ON t (a)"}) {
    EXPECT_FALSE(Of(text).withheld) << text;
  }
}

TEST(Statement, RoutinesAndEventsConcernNoTable) {
  for (const std::string_view text :
       {"CREATE DEFINER=root@localhost PROCEDURE p() BEGIN DROP TABLE t; END",
        "CREATE AGGREGATE FUNCTION f RETURNS INT SONAME 'x.so'", "DROP FUNCTION IF EXISTS f",
        "ALTER EVENT e ENABLE", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO TRUNCATE t",
        "CREATE UNDO TABLESPACE u ADD DATAFILE 'u.ibu'"}) {
    const Statement statement = Of(text);
    EXPECT_EQ(statement.kind, kDefinition) << text;
    EXPECT_THAT(statement.tables, IsEmpty()) << text;
    EXPECT_FALSE(statement.may_concern_any_table) << text;
  }
}

TEST(Statement, UnknownDefinitionMayConcernAnyTable) {
  for (const std::string_view text :
       {"CREATE", "ALTER SOMETHING new", "DROP TABLE 'x'", "RENAME TABLE a INTO b",
        "IMPORT TABLE FROM 't.sdi'", "CREATE TABLE", "DROP INDEX i", "MERGE INTO t", "'quoted'",
        "\xff\xfe", "TRUNCATE", "DROP DATABASE", "ALTER TABLE t RENAME TO 'u'"}) {
    const Statement statement = Of(text);
    EXPECT_EQ(statement.kind, kDefinition) << text;
    EXPECT_TRUE(statement.may_concern_any_table) << text;
    EXPECT_THAT(statement.tables, IsEmpty()) << text;
  }
}

TEST(Statement, CreateTableSelectHasQuery) {
  for (const std::string_view text :
       {"CREATE TABLE n AS SELECT * FROM t", "CREATE TABLE n SELECT 1", "CREATE TABLE n TABLE t",
        "CREATE TABLE n (SELECT 1)", "CREATE TABLE n (id INT) ((SELECT 1))",
        "CREATE TABLE n (id INT) REPLACE SELECT 1", "CREATE TABLE n VALUES ROW(1)",
        "CREATE TABLE n (id INT) ENGINE=InnoDB WITH x AS (SELECT 1) SELECT * FROM x",
        "CREATE TABLE n (id INT) PARTITION BY HASH (id) IGNORE AS SELECT 1",
        "CREATE TABLE n /*!50100 SELECT 1 */", "CREATE TEMPORARY TABLE n SELECT 1"}) {
    EXPECT_TRUE(Classify(text, "d").has_query) << text;
    EXPECT_THAT(Tables(text), ElementsAre("d.n")) << text;
  }
  const StatementSession mariadb{.flavour = Flavour::kMariadb};
  EXPECT_TRUE(Classify("CREATE OR REPLACE TABLE t AS SELECT 9", "d", mariadb).has_query);
  EXPECT_TRUE(Classify("CREATE TABLE t AS VALUES (1)", "d", mariadb).has_query);
}

TEST(Statement, PlainCreateTableHasNoQuery) {
  for (const std::string_view text :
       {"CREATE TABLE n (`select` INT, a INT DEFAULT 1 COMMENT 'SELECT 1') COMMENT='TABLE t'",
        "CREATE TABLE n (id INT) PARTITION BY LIST (id) (PARTITION p VALUES IN (1))",
        "CREATE TABLE n (id INT) PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (1))",
        "CREATE TABLE d.select (id INT REFERENCES d.table (id))", "CREATE TABLE n LIKE t",
        "CREATE TABLE n (t TEXT, FULLTEXT (t) WITH PARSER ngram) /* SELECT 1 */",
        "CREATE TABLE `n` (\n  `id` int NOT NULL\n) START TRANSACTION",
        "CREATE VIEW v AS SELECT 1"}) {
    EXPECT_FALSE(Classify(text, "d").has_query) << text;
  }
}

TEST(Statement, SequenceThatReplacesATableDropsIt) {
  const StatementSession mariadb{.flavour = Flavour::kMariadb};
  EXPECT_EQ(Classify("CREATE OR REPLACE SEQUENCE t", "d", mariadb).verb, StatementVerb::kDrop);
  EXPECT_EQ(Classify("CREATE SEQUENCE t", "d", mariadb).verb, StatementVerb::kOther);
}

TEST(Statement, SingleTableRowStatementNamesItsTable) {
  for (const std::string_view text :
       {"DELETE QUICK FROM t WHERE a=1", "DELETE FROM `d`.t", "INSERT INTO t VALUES (1)",
        "INSERT HIGH_PRIORITY IGNORE d.t SELECT * FROM u", "REPLACE INTO t SELECT * FROM u, v",
        "REPLACE DELAYED d.t SET a=1", "UPDATE t SET a=1",
        "UPDATE LOW_PRIORITY IGNORE t PARTITION (p) AS x SET a=1 WHERE a=2",
        "UPDATE t x SET a=1"}) {
    EXPECT_EQ(KindOf(text), kRowStatement) << text;
    EXPECT_THAT(Tables(text), ElementsAre("d.t")) << text;
  }
}

TEST(Statement, OtherRowStatementsNameNoTable) {
  for (const std::string_view text :
       {"LOAD DATA INFILE 'x' INTO TABLE t", "UPDATE a JOIN b SET a.x=1", "UPDATE a, b SET a.x=1",
        "UPDATE a x, b SET x.x=1", "UPDATE (a, b) SET a.x=1", "DELETE a, b FROM a JOIN b",
        "DELETE FROM a USING a JOIN b", "DELETE FROM a, b USING a JOIN b", "CALL p()", "SELECT f()",
        "WITH x AS (SELECT 1) UPDATE t SET a=1", "DO f()"}) {
    EXPECT_EQ(KindOf(text), kRowStatement) << text;
    EXPECT_THAT(Tables(text), IsEmpty()) << text;
  }
}

TEST(Statement, AnalyzeRunsTheStatement) {
  for (const std::string_view text :
       {"ANALYZE UPDATE t SET a=1", "ANALYZE FORMAT=JSON DELETE FROM t WHERE id=2",
        "analyze /* all */ REPLACE INTO t VALUES (1)", "EXPLAIN ANALYZE UPDATE t SET a=1"}) {
    EXPECT_EQ(KindOf(text), kRowStatement) << text;
    EXPECT_THAT(Tables(text), ElementsAre("d.t")) << text;
  }
  for (const std::string_view text : {"ANALYZE SELECT f()", "ANALYZE UPDATE a, b SET a.x=1"}) {
    EXPECT_EQ(KindOf(text), kRowStatement) << text;
    EXPECT_THAT(Tables(text), IsEmpty()) << text;
  }
  EXPECT_TRUE(Of("ANALYZE ANALYZE UPDATE t SET a=1").may_concern_any_table);
}

TEST(Statement, OtherStatementsConcernNoRow) {
  for (const std::string_view text :
       {"", ";", "FLUSH TABLES", "ANALYZE TABLE t", "ANALYZE LOCAL TABLE t", "OPTIMIZE TABLE t",
        "REPAIR TABLE t", "GRANT SELECT ON x.* TO u", "REVOKE ALL ON *.* FROM u", "SET @a = 1",
        "DROP USER u", "CREATE ROLE r", "RENAME USER a TO b",
        "ALTER INSTANCE ROTATE INNODB MASTER KEY", "LOAD INDEX INTO CACHE t", "DROP PREPARE s",
        "INSTALL PLUGIN p", "CREATE SPATIAL REFERENCE SYSTEM 1 NAME 'x'",
        "CREATE RESOURCE GROUP g TYPE = USER"}) {
    EXPECT_EQ(KindOf(text), kOther) << text;
    EXPECT_THAT(Tables(text), IsEmpty()) << text;
  }
}

TEST(Statement, StatementsWithSecretsAreWithheld) {
  for (const std::string_view text :
       {"CREATE USER u IDENTIFIED BY 'x'", "ALTER USER u IDENTIFIED BY 'x'",
        "SET PASSWORD FOR u = 'x'", "GRANT ALL ON *.* TO u IDENTIFIED BY 'x'",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (PASSWORD 'x')",
        "ALTER SERVER s OPTIONS (PASSWORD 'x')", "CHANGE MASTER TO MASTER_PASSWORD='x'",
        "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='x'", "START REPLICA PASSWORD='x'",
        "CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://u:p@h/d/t'",
        "ALTER TABLE t ADD a INT, CONNECTION = 'x'"}) {
    EXPECT_TRUE(Of(text).withheld) << text;
  }
  for (const std::string_view text :
       {"CREATE TABLE t (password VARCHAR(20), connection INT)", "DROP USER u",
        "GRANT SELECT ON x.* TO u", "SET @password = 'x'", "START TRANSACTION"}) {
    EXPECT_FALSE(Of(text).withheld) << text;
  }
}

TEST(Statement, EveryStatementPrefixIsSafe) {
  const std::string_view text =
      "SET STATEMENT a=(1) FOR /*!50100 ALTER */ TABLE `a``b`.`c` CHANGE x y SET('a\\'','b'), "
      "RENAME COLUMN p TO q -- end";
  for (size_t size = 0; size < text.size(); ++size) Of(text.substr(0, size));
  EXPECT_THAT(Of(text).column_renames, ElementsAre(Pair("x", "y"), Pair("p", "q")));
}

// Quadratic parsing would take minutes for each text, and recursive parsing would overflow the
// stack.
TEST(Statement, HostileTextTakesLinearTime) {
  constexpr size_t kBytes = 256 << 10;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view piece : {"/*!",
                                       "/*!50100 ",
                                       "(",
                                       "'",
                                       "''",
                                       "`",
                                       "\\",
                                       "--",
                                       "-- ",
                                       "#\n",
                                       "/*",
                                       "*/",
                                       ",",
                                       ".",
                                       "SET STATEMENT a=1 FOR ",
                                       "RENAME COLUMN a TO b, ",
                                       "a,",
                                       "START ",
                                       "a TO b, ",
                                       "\"\"",
                                       "INTO ",
                                       "DEFINER=a ",
                                       "IF ",
                                       ";",
                                       " ON"}) {
    for (const std::string_view begin : {"", "ALTER TABLE t ", "DROP TABLE ", "RENAME TABLE ",
                                         "CREATE TABLE t ", "LOAD ", "CREATE "}) {
      std::string text(begin);
      while (text.size() < kBytes) text += piece;
      Of(text);
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace millrace::schema
