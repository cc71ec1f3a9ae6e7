// SPDX-License-Identifier: Apache-2.0

// A statement on a table reaches the subscribers of that table, and nobody else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/snapshot_admin.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Statements : public ::testing::TestWithParam<Flavour> {
 protected:
  Statements() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("USE shop");
  }
  void StartFeed(FeedServerOptions options = {}) {
    options.source.push_back("start: {at: earliest}");
    if (!options.tables.empty()) options.tables.push_back(kMarkerTables);
    feed_ = FeedServer::MustStart(*source_, options);
  }
  void Run(SqlSession& session, const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) session.MustExecute(statement);
  }
  void Run(const std::vector<std::string>& statements) { Run(sql_, statements); }

  // The definition changes that a subscriber of these tables receives: `shop.t: DROP TABLE …`.
  std::vector<std::string> DefinitionChanges(const std::vector<std::string>& tables) {
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    for (const std::string& table : tables) request.add_tables(table);
    request.add_operations(v1::OPERATION_SCHEMA_CHANGE);
    request.add_operations(v1::OPERATION_TRUNCATE);
    std::vector<std::string> changes;
    for (const SeenChange& change : ChangeReader(*feed_).ReadAll(sql_, request)) {
      changes.push_back(change.table + ": " + change.raw.schema_change().statement());
    }
    return changes;
  }
  // The newest of these changes.
  std::string LastDefinitionChange(const std::vector<std::string>& tables) {
    const std::vector<std::string> changes = DefinitionChanges(tables);
    return changes.empty() ? "nothing" : changes.back();
  }
  // Number of rows that a new subscriber reads of a table.
  size_t RowsAtSnapshot(const std::string& table) {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_SNAPSHOT);
    request.add_tables(table + "*");
    request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
    size_t rows = 0;
    for (const SeenChange& change : ChangeReader(*feed_).ReadToEnd(request)) {
      rows += change.operation == v1::OPERATION_READ ? 1 : 0;
    }
    return rows;
  }
  // The columns of a table as the feed describes it: `1=id 3=name`.
  std::string Columns(const std::string& table) {
    v1::GetTableRequest request;
    request.set_database("shop");
    request.set_table(table);
    const auto response = feed_->client().GetTable(request);
    if (!response.ok()) return response.status().ToString();
    std::string columns;
    for (const v1::Column& column : response->table().columns()) {
      columns += fmt::format(" {}={}", column.field_number(), column.column());
    }
    return columns;
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_P(Statements, DroppedDatabaseReachesSubscribersOfItsTables) {
  Run({"CREATE DATABASE other", "CREATE TABLE other.x (id INT PRIMARY KEY)",
       "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)",
       "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1), (2)"});
  StartFeed({.snapshot = {"mode: initial"}});
  EXPECT_EQ(RowsAtSnapshot("shop.b"), 2u);
  Run({"USE other", "DROP DATABASE shop"});
  EXPECT_EQ(LastDefinitionChange({"shop.a"}), "shop.a: DROP DATABASE shop");
  EXPECT_EQ(LastDefinitionChange({"*.b", "other.*"}), "shop.b: DROP DATABASE shop");
  EXPECT_THAT(LastDefinitionChange({"other.*"}), Not(HasSubstr("DROP DATABASE")));
  EXPECT_EQ(RowsAtSnapshot("shop.b"), 0u);
}

TEST_P(Statements, RenameReachesSubscribersOfEitherName) {
  Run({"CREATE DATABASE other", "CREATE TABLE a (id INT PRIMARY KEY)",
       "CREATE TABLE other.b (id INT PRIMARY KEY)"});
  StartFeed({.tables = {"shop.*"}});
  Run({"RENAME TABLE a TO other.a"});
  EXPECT_THAT(LastDefinitionChange({"shop.a*"}), HasSubstr("shop.a: RENAME TABLE a TO other.a"));
  Run({"RENAME TABLE other.b TO b"});
  EXPECT_THAT(LastDefinitionChange({"shop.b*"}), HasSubstr("shop.b: RENAME TABLE other.b TO b"));
}

TEST_P(Statements, BodiesAndOtherTablesAreNotDelivered) {
  Run({"CREATE DATABASE other", "CREATE TABLE a (id INT PRIMARY KEY)"});
  StartFeed({.tables = {"shop.a"}});
  Run({"CREATE PROCEDURE p() SELECT 'body'",
       "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 5",
       "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO SET @a = 'body'",
       "CREATE TABLE other.x (id INT, a VARCHAR(20) DEFAULT 'body')",
       "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET @a = 'body'", "DROP PROCEDURE p",
       "ALTER TABLE a ADD x INT"});
  EXPECT_THAT(DefinitionChanges({}),
              ElementsAre("shop.: CREATE DATABASE shop", HasSubstr("shop.a: CREATE TABLE a"),
                          "shop.a: ", "shop.a: ALTER TABLE a ADD x INT"));
}

TEST_P(Statements, TextIsReadInTheClientsCharset) {
  Run({"CREATE TABLE `é` (id INT PRIMARY KEY, a INT)", "INSERT INTO `é` VALUES (1, 10)"});
  StartFeed();
  SqlSession latin1 = source_->MustConnect("binary");
  Run(latin1, {"SET NAMES latin1", "USE shop", "ALTER TABLE `\xe9` RENAME COLUMN a TO b",
               "INSERT INTO `\xe9` VALUES (2, 20)"});
  EXPECT_EQ(LastDefinitionChange({"shop.é"}), "shop.é: ALTER TABLE `é` RENAME COLUMN a TO b");
  EXPECT_EQ(Columns("é"), " 1=id 2=b");
}

// The event states the session's charset. In the first case that is the charset at EXECUTE, but the
// text is in the charset at PREPARE.
TEST_P(Statements, TextAmbiguousInCharsetLosesNoRows) {
  Run({"CREATE TABLE `é` (id INT PRIMARY KEY)", "CREATE TABLE `Ã©` (id INT PRIMARY KEY)",
       "INSERT INTO `é` VALUES (1), (2)", "INSERT INTO `Ã©` VALUES (1), (2)"});
  StartFeed({.snapshot = {"mode: initial"}});
  EXPECT_EQ(RowsAtSnapshot("shop.é"), 2u);
  EXPECT_EQ(RowsAtSnapshot("shop.Ã"), 2u);
  SqlSession client = source_->MustConnect("binary");
  Run(client, {"SET NAMES utf8mb4", "USE shop", "PREPARE p FROM 'TRUNCATE `é`'", "SET NAMES latin1",
               "EXECUTE p"});
  EXPECT_EQ(LastDefinitionChange({"shop.é"}), "shop.é: ");
  EXPECT_EQ(LastDefinitionChange({"shop.Ã*"}), "shop.Ã©: ");
  EXPECT_EQ(RowsAtSnapshot("shop.é"), 0u);
  EXPECT_EQ(RowsAtSnapshot("shop.Ã"), 2u);
  Run({"INSERT INTO `é` VALUES (3)"});
  Run(client, {"TRUNCATE `\xc3\xa9`"});
  EXPECT_EQ(RowsAtSnapshot("shop.é"), 1u);
  EXPECT_EQ(RowsAtSnapshot("shop.Ã"), 0u);
}

TEST_P(Statements, TextAmbiguousInSqlModeLosesNoRows) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 1)"});
  StartFeed({.snapshot = {"mode: initial"}});
  EXPECT_EQ(RowsAtSnapshot("shop.t"), 1u);
  Run({"SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
       R"(PREPARE p FROM 'ALTER TABLE t ADD INDEX i (a) COMMENT ''\'', RENAME TO y -- ''')",
       "SET sql_mode = ''", "EXECUTE p"});
  EXPECT_EQ(RowsAtSnapshot("shop.t"), 0u);
  EXPECT_EQ(RowsAtSnapshot("shop.y"), 1u);
}

TEST_P(Statements, NamesWrittenByTheServerAreRead) {
  Run({"CREATE TABLE `é` (id INT PRIMARY KEY)", "CREATE TABLE `Ã©` (id INT PRIMARY KEY)"});
  StartFeed();
  SqlSession latin1 = source_->MustConnect("binary");
  Run(latin1, {"SET NAMES latin1", "USE shop", "DROP TABLE `\xe9`"});
  EXPECT_THAT(LastDefinitionChange({"shop.é*"}), HasSubstr("DROP TABLE"));
  EXPECT_THAT(LastDefinitionChange({"shop.Ã*"}), HasSubstr("CREATE TABLE"));
  Run(latin1, {"CREATE TABLE `\xe9` AS SELECT 1 AS x"});
  EXPECT_THAT(LastDefinitionChange({"shop.é*"}), HasSubstr("CREATE TABLE"));
  Run(latin1, {"TRUNCATE `\xe9`"});
  EXPECT_THAT(LastDefinitionChange({"shop.é*"}), HasSubstr("TRUNCATE"));
  Run(latin1, {"DROP TABLE IF EXISTS `\xe9`, `\xc3\xa9`"});
  EXPECT_THAT(LastDefinitionChange({"shop.é*"}), HasSubstr("DROP TABLE"));
  EXPECT_THAT(LastDefinitionChange({"shop.Ã*"}), HasSubstr("DROP TABLE"));
}

TEST_P(Statements, QuotesAreReadUnderTheClientsMode) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 10)",
       "CREATE TABLE `odd\\` (id INT PRIMARY KEY)", "INSERT INTO `odd\\` VALUES (1)"});
  StartFeed({.snapshot = {"mode: initial"}});
  EXPECT_EQ(RowsAtSnapshot("shop.odd"), 1u);
  Run({"SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
       "ALTER TABLE t COMMENT 'C:\\', RENAME COLUMN a TO aa", "INSERT INTO t VALUES (2, 20)",
       "TRUNCATE TABLE \"odd\\\"",
       "CREATE TABLE s (id INT) COMMENT 'C:\\' CONNECTION 'x://u:pw@h'"});
  EXPECT_THAT(LastDefinitionChange({"shop.s*"}), "shop.s: ");
  EXPECT_EQ(Columns("t"), " 1=id 2=aa");
  EXPECT_EQ(RowsAtSnapshot("shop.odd"), 0u);
}

TEST_P(Statements, MoreThanTenThousandSavepointsAreAccepted) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  StartFeed();
  Run({"BEGIN", "INSERT INTO t VALUES (1)"});
  for (int i = 0; i <= 10'000; ++i) sql_.MustExecute("SAVEPOINT s" + std::to_string(i));
  Run({"INSERT INTO t VALUES (2)", "COMMIT"});
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.add_operations(v1::OPERATION_INSERT);
  EXPECT_EQ(ChangeReader(*feed_).ReadAll(sql_, request).size(), 2u);
}

TEST_P(Statements, PreparedXaIsKnownAfterRestart) {
  Run({"CREATE DATABASE other", "CREATE TABLE other.x (id INT PRIMARY KEY)",
       "CREATE TABLE t (id INT PRIMARY KEY)"});
  StartFeed({.tables = {"shop.*"}});
  SqlSession other = source_->MustConnect();
  Run(other, {"XA START 'a', 'b', 3", "INSERT INTO other.x VALUES (1)", "XA END 'a', 'b', 3",
              "XA PREPARE 'a', 'b', 3"});
  // Another session can end the XA transaction only after this session has ended.
  other = source_->MustConnect();
  ChangeReader(*feed_).CurrentToken(sql_);
  EXPECT_EQ(feed_->Stop(), 0);
  feed_->Start();
  Run({"XA COMMIT 'a', 'b', 3", "INSERT INTO t VALUES (1)"});
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.add_operations(v1::OPERATION_INSERT);
  EXPECT_EQ(ChangeReader(*feed_).ReadAll(sql_, request).size(), 1u);
}

// In MySQL the rows are in the binlog at XA PREPARE, which is before the log starts.
TEST_P(Statements, XaPreparedBeforeTheLogStopsTheFeed) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  SqlSession other = source_->MustConnect();
  Run(other, {"USE shop", "XA START 'early'", "INSERT INTO t VALUES (1)", "XA END 'early'",
              "XA PREPARE 'early'"});
  other = source_->MustConnect();
  feed_ = FeedServer::MustStart(*source_, {.snapshot = {"mode: initial"}});
  Run({"INSERT INTO t VALUES (2)"});
  EXPECT_EQ(RowsAtSnapshot("shop.t"), 1u);
  Run({"XA COMMIT 'early'"});
  const auto status = feed_->WaitForReason("XA_UNSUPPORTED");
  EXPECT_THAT(status.source().error(),
              AllOf(HasSubstr("6561726c79"), HasSubstr("start a new log")));
}

TEST_P(Statements, RenamedViewsDoNotFailSnapshots) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)",
       "CREATE VIEW v AS SELECT * FROM t"});
  StartFeed({.snapshot = {"mode: initial"}});
  EXPECT_EQ(RowsAtSnapshot("shop."), 2u);
  Run({"RENAME TABLE v TO w"});
  EXPECT_EQ(RowsAtSnapshot("shop."), 2u);
  // The view then selects from itself.
  Run({"RENAME TABLE t TO t_old, w TO t"});
  EXPECT_EQ(RowsAtSnapshot("shop."), 2u);
  SnapshotAdmin admin(*feed_);
  const auto snapshots = admin.WaitUntil("the views were looked at", [](const auto& all) {
    return !TablesOf(all, "t").empty() && !TablesOf(all, "t_old").empty() &&
           std::all_of(all.begin(), all.end(), Over);
  });
  for (const v1::Snapshot& snapshot : snapshots) {
    for (const v1::SnapshotTable& table : snapshot.tables()) {
      EXPECT_EQ(table.error(), "") << table.ShortDebugString();
    }
  }
}

// Statements of pt-table-checksum. Without source.statement_tables the first one stops the feed.
TEST_P(Statements, DeclaredStatementTablesAreSkipped) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)", "CREATE DATABASE percona",
       "CREATE TABLE percona.checksums (tbl CHAR(64) PRIMARY KEY, this_cnt INT, master_cnt INT)"});
  StartFeed({.tables = {"shop.*"}, .source = {"statement_tables: ['percona.checksums']"}});
  SqlSession tool = source_->MustConnect();
  Run(tool, {"SET SESSION binlog_format = STATEMENT",
             "REPLACE INTO `percona`.`checksums` (tbl, this_cnt) SELECT 't', COUNT(*) FROM "
             "`shop`.`t` /*checksum table*/",
             "UPDATE `percona`.`checksums` SET master_cnt = 1 WHERE tbl = 't'"});
  Run({"INSERT INTO t VALUES (2)"});
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.add_operations(v1::OPERATION_INSERT);
  EXPECT_EQ(ChangeReader(*feed_).ReadAll(sql_, request).size(), 2u);
  Run(tool, {"DELETE FROM shop.t"});
  feed_->WaitForReason("STATEMENT_BASED_CHANGE");
}

class MariadbStatements : public Statements {};

TEST_P(MariadbStatements, QualifiedColumnKeepsItsNumber) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 10)"});
  StartFeed();
  Run({"ALTER TABLE t CHANGE t.a b INT", "INSERT INTO t VALUES (2, 20)"});
  LastDefinitionChange({});
  EXPECT_EQ(Columns("t"), " 1=id 2=b");
}

TEST_P(MariadbStatements, UnparsedStatementIsLoggedWithoutText) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
  StartFeed();
  // After COMMENT comes a string, or, with the other sql_mode, a name and a comment.
  Run(
      {"SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR ALTER TABLE t COMMENT \"hunter2\\\", RENAME "
       "COLUMN id TO x -- \""});
  EXPECT_EQ(LastDefinitionChange({"shop.t"}), "shop.t: ");
  EXPECT_THAT(feed_->LogText(), AllOf(HasSubstr("was not understood"), Not(HasSubstr("hunter2"))));
}

// The event states the client's charset; the names are in UTF-8.
TEST_P(MariadbStatements, ServerWrittenDropLosesNoRows) {
  Run({"CREATE TABLE `é` (id INT PRIMARY KEY)", "CREATE TABLE `Ã©` (id INT PRIMARY KEY)",
       "INSERT INTO `é` VALUES (1)", "INSERT INTO `Ã©` VALUES (1)"});
  StartFeed({.snapshot = {"mode: initial"}});
  EXPECT_EQ(RowsAtSnapshot("shop.é"), 1u);
  EXPECT_EQ(RowsAtSnapshot("shop.Ã"), 1u);
  SqlSession latin1 = source_->MustConnect("binary");
  Run(latin1, {"SET NAMES latin1", "USE shop"});
  const absl::Status failed = latin1.Execute(
      "CREATE OR REPLACE TABLE `\xe9` (id INT PRIMARY KEY) AS SELECT 1 AS id UNION ALL SELECT 1");
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(RowsAtSnapshot("shop.é"), 0u);
  EXPECT_EQ(RowsAtSnapshot("shop.Ã"), 1u);
}

INSTANTIATE_TEST_SUITE_P(Sources, Statements, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Sources, MariadbStatements, ::testing::Values(Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
