// SPDX-License-Identifier: Apache-2.0

// A variant of MariaDB's binlog is turned on in the middle of a stream. The same rows must arrive.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class MariadbVariants : public ::testing::Test {
 protected:
  Variants shop_{Flavour::kMariadb};
  SqlSession& sql_ = shop_.sql();

  // Runs the workload before a change of a global variable and, in a new session, after it.
  void ExpectSameRowsAfterGlobal(const std::string& setting) {
    shop_.CreateTable("a");
    shop_.CreateTable("b");
    Variants::RunWorkload(sql_, "a", 1);
    sql_.MustExecute("SET GLOBAL " + setting);
    SqlSession fresh = shop_.source().MustConnect();
    Variants::RunWorkload(fresh, "b", 1);
    const auto changes = shop_.reader().ReadAll(sql_);
    const auto rows = Variants::RowsOf(changes, "shop.a");
    EXPECT_THAT(rows, SizeIs(9));
    EXPECT_THAT(Variants::RowsOf(changes, "shop.b"), ElementsAreArray(rows));
  }
  std::vector<SeenChange> ReadRows() {
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    for (const auto each : {v1::OPERATION_INSERT, v1::OPERATION_UPDATE, v1::OPERATION_DELETE}) {
      request.add_operations(each);
    }
    return shop_.reader().ReadAll(sql_, request);
  }
  void Run(const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) sql_.MustExecute(statement);
  }
};

TEST_F(MariadbVariants, CompressedEventsDeliverTheSameRows) {
  sql_.MustExecute("SET GLOBAL log_bin_compress_min_len = 10");
  ExpectSameRowsAfterGlobal("log_bin_compress = ON");
  sql_.MustExecute("CREATE TABLE shop.late (id INT PRIMARY KEY, long_name VARCHAR(1000))");
  EXPECT_TRUE(shop_.BinlogContains("Write_rows_compressed_v1"));
  EXPECT_TRUE(shop_.BinlogContains("Query_compressed"));
  const auto changes = shop_.reader().ReadAll(sql_);
  EXPECT_THAT(changes.back().raw.schema_change().statement(), HasSubstr("shop.late"));
}

TEST_F(MariadbVariants, AnnotatedRowsAreTheSame) {
  shop_.ExpectSameRows("SET binlog_annotate_row_events = OFF");
  EXPECT_TRUE(shop_.BinlogContains("Annotate_rows"));
}

TEST_F(MariadbVariants, ChecksumsMayChange) {
  ExpectSameRowsAfterGlobal("binlog_checksum = NONE");
  sql_.MustExecute("SET GLOBAL binlog_checksum = CRC32");
  Variants::RunWorkload(sql_, "a", 2);
  EXPECT_THAT(Variants::RowsOf(shop_.reader().ReadAll(sql_), "shop.a"), SizeIs(18));
}

TEST_F(MariadbVariants, RowMetadataMayBecomeMinimal) {
  ExpectSameRowsAfterGlobal("binlog_row_metadata = MINIMAL");
}

TEST_F(MariadbVariants, NontransactionalTablesDeliverTheSameRows) {
  shop_.ExpectSameRows("SET sql_mode = ''", "ENGINE=Aria TRANSACTIONAL=0");
}

TEST_F(MariadbVariants, MinimalRowImagesAreMarked) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY, a INT, b INT)",
       "INSERT INTO shop.t VALUES (1, 10, 20)", "SET binlog_row_image = MINIMAL",
       "UPDATE shop.t SET a = 11 WHERE id = 1", "DELETE FROM shop.t WHERE id = 1"});
  const auto changes = ReadRows();
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_THAT(changes[0].raw.after_unknown_fields(), SizeIs(0));
  EXPECT_THAT(changes[1].raw.before_unknown_fields(), ElementsAre(2, 3));
  EXPECT_THAT(changes[1].raw.after_unknown_fields(), ElementsAre(1, 3));
  EXPECT_EQ(changes[1].after->at("a"), "11");
  EXPECT_THAT(changes[2].raw.before_unknown_fields(), ElementsAre(2, 3));
}

TEST_F(MariadbVariants, SequencesDoNotStopTheFeed) {
  Run({"CREATE SEQUENCE shop.s START WITH 5 CACHE 1", "CREATE TABLE shop.t (id INT PRIMARY KEY)",
       "INSERT INTO shop.t VALUES (NEXTVAL(shop.s))", "SELECT NEXTVAL(shop.s)",
       "SELECT SETVAL(shop.s, 50)", "INSERT INTO shop.t VALUES (NEXTVAL(shop.s))",
       "ALTER SEQUENCE shop.s RESTART 100", "INSERT INTO shop.t VALUES (NEXTVAL(shop.s))",
       "DROP SEQUENCE shop.s", "INSERT INTO shop.t VALUES (1)"});
  std::vector<std::string> ids;
  for (const SeenChange& change : ReadRows()) {
    if (change.table == "shop.t") ids.push_back(*change.after->at("id"));
  }
  EXPECT_THAT(ids, ElementsAre("5", "51", "100", "1"));
}

// An update of a versioned table also inserts the old row as history.
TEST_F(MariadbVariants, SystemVersionedTablesDeliverCurrentRows) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING",
       "INSERT INTO shop.t VALUES (1, 10)", "UPDATE shop.t SET a = 11 WHERE id = 1",
       "DELETE FROM shop.t WHERE id = 1"});
  const auto changes = ReadRows();
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes[0].operation, v1::OPERATION_INSERT);
  EXPECT_EQ(changes[0].after->at("a"), "10");
  const bool updated = std::any_of(changes.begin(), changes.end(), [](const SeenChange& change) {
    return change.operation == v1::OPERATION_UPDATE && change.after->at("a") == "11";
  });
  EXPECT_TRUE(updated);
}

TEST_F(MariadbVariants, SeveralGtidDomainsAreFollowedAcrossARestart) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)",
       "SET gtid_domain_id = 7", "INSERT INTO shop.t VALUES (2)", "SET gtid_domain_id = 0",
       "INSERT INTO shop.t VALUES (3)"});
  shop_.reader().CurrentToken(sql_);
  shop_.feed().Stop();
  Run({"SET gtid_domain_id = 7", "INSERT INTO shop.t VALUES (4)", "SET gtid_domain_id = 9",
       "INSERT INTO shop.t VALUES (5)", "SET gtid_domain_id = 0"});
  shop_.feed().Start();
  ChangeReader reader(shop_.feed());
  std::vector<std::string> ids;
  for (const SeenChange& change : reader.ReadAll(sql_)) {
    if (change.after.has_value()) ids.push_back(change.gtid.substr(0, 2) + *change.after->at("id"));
  }
  EXPECT_THAT(ids, ElementsAre("0-1", "7-2", "0-3", "7-4", "9-5"));
}

TEST_F(MariadbVariants, TwoPhaseAlterAppliesWhenDone) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)",
       "SET binlog_alter_two_phase = ON", "ALTER TABLE shop.t ADD COLUMN a INT DEFAULT 5",
       "INSERT INTO shop.t VALUES (2, 6)"});
  EXPECT_FALSE(sql_.Execute("ALTER TABLE shop.t ADD UNIQUE (a), ADD COLUMN id INT").ok());
  Run({"INSERT INTO shop.t VALUES (3, 7)"});
  const auto changes = shop_.reader().ReadAll(sql_);
  std::vector<std::string> seen;
  for (const SeenChange& change : changes) {
    seen.push_back(change.after.has_value() ? *change.after->at("id") : "ddl");
  }
  EXPECT_THAT(seen, ElementsAre("ddl", "ddl", "1", "ddl", "2", "3"));
  EXPECT_EQ(changes[4].after->at("a"), "6");
}

TEST_F(MariadbVariants, OnePhaseXaIsAPlainTransaction) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY)", "XA START 'one'",
       "INSERT INTO shop.t VALUES (1)", "XA END 'one'", "XA COMMIT 'one' ONE PHASE",
       "INSERT INTO shop.t VALUES (2)"});
  EXPECT_THAT(ReadRows(), SizeIs(2));
}

TEST_F(MariadbVariants, PreparedXaWithCapturedRowsStopsTheFeed) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)"});
  const std::string token = shop_.reader().CurrentToken(sql_);
  Run({"XA START 'two'", "INSERT INTO shop.t VALUES (2)", "XA END 'two'", "XA PREPARE 'two'",
       "XA COMMIT 'two'"});
  const auto status = shop_.feed().WaitForState(v1::SourceStatus::STATE_FAILED);
  EXPECT_EQ(status.source().error_reason(), "XA_UNSUPPORTED") << status.source().error();
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(token);
  EXPECT_THAT(Variants::RowsOf(shop_.reader().ReadToEnd(request), "shop.t"), SizeIs(1));
}

TEST(MariadbXa, PreparedXaWithoutCapturedRowsIsSkipped) {
  Variants shop(Flavour::kMariadb, {}, {.tables = {"shop.*", kMarkerTables}});
  for (const std::string statement :
       {"CREATE DATABASE other", "CREATE TABLE other.t (id INT PRIMARY KEY)",
        "CREATE TABLE shop.t (id INT PRIMARY KEY)", "XA START 'a', 'b', 3",
        "INSERT INTO other.t VALUES (2)", "XA END 'a', 'b', 3", "XA PREPARE 'a', 'b', 3",
        "XA COMMIT 'a', 'b', 3", "XA START 'c'", "INSERT INTO other.t VALUES (3)", "XA END 'c'",
        "XA PREPARE 'c'", "XA ROLLBACK 'c'", "INSERT INTO shop.t VALUES (1)"}) {
    shop.sql().MustExecute(statement);
  }
  EXPECT_THAT(Variants::RowsOf(shop.reader().ReadAll(shop.sql()), "shop.t"), SizeIs(1));
}

TEST_F(MariadbVariants, StatementBasedChangeStopsTheFeed) {
  Run({"CREATE TABLE shop.t (id INT PRIMARY KEY)", "SET SESSION binlog_format = STATEMENT",
       "INSERT INTO shop.t VALUES (2)"});
  const auto status = shop_.feed().WaitForState(v1::SourceStatus::STATE_FAILED);
  EXPECT_EQ(status.source().error_reason(), "STATEMENT_BASED_CHANGE") << status.source().error();
}

}  // namespace
}  // namespace millrace::testing
