// SPDX-License-Identifier: Apache-2.0

// One session turns on a variant of MySQL's binlog in the middle of a stream. The same rows must
// arrive.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr size_t kPacketMax = (size_t{1} << 24) - 1;

class MysqlVariants : public ::testing::Test {
 protected:
  Variants shop_{Flavour::kMysql};
  SqlSession& sql_ = shop_.sql();

  void ExpectUnknown(const SeenChange& change, const std::string& column, bool in_after) {
    const auto& fields =
        in_after ? change.raw.after_unknown_fields() : change.raw.before_unknown_fields();
    EXPECT_THAT(fields, ::testing::Contains(FieldNumber(change.table, column)));
  }
  void ExpectKnown(const SeenChange& change, const std::string& column, bool in_after) {
    const auto& fields =
        in_after ? change.raw.after_unknown_fields() : change.raw.before_unknown_fields();
    EXPECT_THAT(fields, ::testing::Not(::testing::Contains(FieldNumber(change.table, column))));
  }
  // Requests all row changes from the beginning.
  static v1::SubscribeRequest RowsRequest() {
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    for (const auto each : {v1::OPERATION_INSERT, v1::OPERATION_UPDATE, v1::OPERATION_DELETE}) {
      request.add_operations(each);
    }
    return request;
  }
  void ExpectStopped(const std::string& reason) {
    const auto status = shop_.feed().WaitForState(v1::SourceStatus::STATE_FAILED);
    EXPECT_EQ(status.source().error_reason(), reason) << status.source().error();
    EXPECT_THAT(status.source().error(), HasSubstr("binlog.0"));
  }
  uint32_t FieldNumber(const std::string& table, const std::string& column) {
    v1::GetTableRequest request;
    request.set_database(table.substr(0, table.find('.')));
    request.set_table(table.substr(table.find('.') + 1));
    const auto found = shop_.feed().client().GetTable(request);
    for (const v1::Column& each : found->table().columns()) {
      if (each.column() == column) return each.field_number();
    }
    return 0;
  }
};

TEST_F(MysqlVariants, CompressedTransactionsDeliverTheSameRows) {
  shop_.ExpectSameRows("SET binlog_transaction_compression = ON");
  EXPECT_TRUE(shop_.BinlogContains("Transaction_payload"));
}

TEST_F(MysqlVariants, LargeCompressedTransactionArrivesInOrder) {
  sql_.MustExecute("CREATE TABLE shop.n (id INT PRIMARY KEY, text VARCHAR(500))");
  sql_.MustExecute("SET cte_max_recursion_depth = 100000, binlog_transaction_compression = ON");
  sql_.MustExecute("SET SESSION max_execution_time = 0");
  sql_.MustExecute(
      "INSERT INTO shop.n WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < "
      "20000) SELECT n, REPEAT('abc', 100) FROM s");
  const auto changes = shop_.reader().ReadAll(sql_);
  EXPECT_TRUE(shop_.BinlogContains("Transaction_payload"));
  ASSERT_EQ(changes.size(), 20002u);
  for (size_t i = 2; i < changes.size(); ++i) {
    ASSERT_EQ(changes[i].after->at("id"), std::to_string(i - 1));
    ASSERT_EQ(changes[i].gtid, changes[2].gtid);
  }
}

TEST_F(MysqlVariants, PartialJsonUpdatesDeliverWholeDocuments) {
  shop_.ExpectSameRows("SET binlog_row_value_options = PARTIAL_JSON");
  EXPECT_TRUE(shop_.BinlogContains("Update_rows_partial"));
}

TEST_F(MysqlVariants, CompressedPartialJsonUpdatesDeliverWholeDocuments) {
  shop_.ExpectSameRows(
      "SET binlog_row_value_options = PARTIAL_JSON, binlog_transaction_compression = ON");
}

TEST_F(MysqlVariants, MinimalRowImagesInventNoNulls) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, a INT, b INT, t TEXT)");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 10, NULL, 'x')");
  sql_.MustExecute("SET binlog_row_image = MINIMAL");
  sql_.MustExecute("UPDATE shop.t SET a = NULL WHERE id = 1");
  sql_.MustExecute("INSERT INTO shop.t (id, a) VALUES (2, 5)");
  sql_.MustExecute("DELETE FROM shop.t WHERE id = 2");
  const auto changes = shop_.reader().ReadAll(sql_, RowsRequest());
  ASSERT_THAT(changes, SizeIs(4));
  EXPECT_THAT(changes[0].raw.after_unknown_fields(), IsEmpty());
  const SeenChange& update = changes[1];
  EXPECT_EQ(update.before->at("id"), "1");
  for (const std::string column : {"a", "b", "t"}) ExpectUnknown(update, column, false);
  ExpectKnown(update, "id", false);
  ExpectKnown(update, "a", true);
  EXPECT_EQ(update.after->at("a"), std::nullopt);
  for (const std::string column : {"id", "b", "t"}) ExpectUnknown(update, column, true);
  ExpectKnown(changes[2], "a", true);
  ExpectUnknown(changes[2], "t", true);
  ExpectUnknown(changes[3], "a", false);
}

TEST_F(MysqlVariants, NoblobRowImagesMarkMissingBlobs) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, a INT, t TEXT)");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 10, 'x')");
  sql_.MustExecute("SET binlog_row_image = NOBLOB");
  sql_.MustExecute("UPDATE shop.t SET a = 11 WHERE id = 1");
  sql_.MustExecute("UPDATE shop.t SET t = NULL WHERE id = 1");
  const auto changes = shop_.reader().ReadAll(sql_, RowsRequest());
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[1].before->at("a"), "10");
  ExpectUnknown(changes[1], "t", false);
  ExpectUnknown(changes[1], "t", true);
  ExpectKnown(changes[1], "a", true);
  ExpectKnown(changes[2], "t", true);
  EXPECT_EQ(changes[2].after->at("t"), std::nullopt);
}

TEST_F(MysqlVariants, ChecksumsMayChange) {
  shop_.CreateTable("t");
  int round = 0;
  for (const std::string checksum : {"NONE", "CRC32", "NONE"}) {
    sql_.MustExecute("SET GLOBAL binlog_checksum = " + checksum);
    Variants::RunWorkload(sql_, "t", ++round);
  }
  const auto rows = Variants::RowsOf(shop_.reader().ReadAll(sql_), "shop.t");
  EXPECT_THAT(rows, SizeIs(27));
  EXPECT_EQ(shop_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING).source().connects(), 1u);
}

TEST_F(MysqlVariants, RowMetadataMayChange) {
  shop_.CreateTable("a");
  shop_.CreateTable("b");
  Variants::RunWorkload(sql_, "a", 1);
  sql_.MustExecute("SET GLOBAL binlog_row_metadata = MINIMAL");
  Variants::RunWorkload(sql_, "a", 2);
  Variants::RunWorkload(sql_, "b", 1);
  sql_.MustExecute("SET GLOBAL binlog_row_metadata = FULL");
  Variants::RunWorkload(sql_, "b", 2);
  const auto changes = shop_.reader().ReadAll(sql_);
  EXPECT_THAT(Variants::RowsOf(changes, "shop.a"), SizeIs(18));
  EXPECT_THAT(Variants::RowsOf(changes, "shop.b"),
              ::testing::ElementsAreArray(Variants::RowsOf(changes, "shop.a")));
}

// A packet of the dump is a status byte and the event. After a packet of exactly 16 MiB − 1 bytes
// another one follows, which may be empty.
TEST_F(MysqlVariants, EventsAroundPacketLimitArriveComplete) {
  sql_.MustExecute("CREATE TABLE shop.big (id INT PRIMARY KEY, data LONGBLOB)");
  const size_t overhead = [&] {
    sql_.MustExecute("INSERT INTO shop.big VALUES (1, REPEAT('a', 1000))");
    const std::string file = *sql_.MustQuery("SHOW BINARY LOGS").back()[0];
    size_t size = 0;
    for (const SqlRow& event : sql_.MustQuery("SHOW BINLOG EVENTS IN '" + file + "'")) {
      if (event[2] == "Write_rows") size = std::stoul(*event[4]) - std::stoul(*event[1]);
    }
    return size - 1000;
  }();
  std::vector<size_t> sizes;
  for (const size_t packets : {1, 2}) {
    for (const size_t less : {2, 1, 0}) sizes.push_back(packets * kPacketMax - less - overhead);
  }
  sizes.push_back(kPacketMax + 1 - overhead);
  for (size_t i = 0; i < sizes.size(); ++i) {
    sql_.MustExecute(fmt::format("INSERT INTO shop.big VALUES ({}, REPEAT('{}', {}))", i + 2,
                                 static_cast<char>('b' + i), sizes[i]));
  }
  const auto changes = shop_.reader().ReadAll(sql_, RowsRequest());
  ASSERT_EQ(changes.size(), sizes.size() + 1);
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::string& hex = *changes[i + 1].after->at("data");
    const std::string byte = fmt::format("{:02X}", 'b' + i);
    EXPECT_EQ(hex.size(), 2 + 2 * sizes[i]);
    EXPECT_TRUE(hex.substr(2, 2) == byte && hex.substr(hex.size() - 2) == byte) << i;
  }
}

TEST_F(MysqlVariants, TaggedGtidsAreDelivered) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1)");
  sql_.MustExecute("SET GTID_NEXT = 'AUTOMATIC:blue'");
  sql_.MustExecute("INSERT INTO shop.t VALUES (2)");
  sql_.MustExecute("SET GTID_NEXT = 'AUTOMATIC'");
  shop_.feed().Kill();
  shop_.feed().Start();
  sql_.MustExecute("INSERT INTO shop.t VALUES (3)");
  const auto changes = ChangeReader(shop_.feed()).ReadAll(sql_, RowsRequest());
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_THAT(changes[0].gtid, ::testing::Not(HasSubstr("blue")));
  EXPECT_THAT(changes[1].gtid, ::testing::EndsWith(":blue:1"));
}

TEST_F(MysqlVariants, RotationInALoopLosesNothing) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  for (int i = 1; i <= 60; ++i) {
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", i));
    sql_.MustExecute("FLUSH BINARY LOGS");
    if (i % 3 == 0) sql_.MustExecute("FLUSH BINARY LOGS");
  }
  const auto changes = shop_.reader().ReadAll(sql_, RowsRequest());
  ASSERT_THAT(changes, SizeIs(60));
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].after->at("id"), std::to_string(i + 1));
  }
}

TEST_F(MysqlVariants, NontransactionalTablesDeliverTheSameRows) {
  shop_.ExpectSameRows("SET sql_mode = ''", "ENGINE=MyISAM");
}

TEST_F(MysqlVariants, StatementTextsChangeNoRow) {
  shop_.ExpectSameRows("SET binlog_rows_query_log_events = ON");
  EXPECT_TRUE(shop_.BinlogContains("Rows_query"));
}

TEST_F(MysqlVariants, SavepointsDeliverCommittedRows) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  for (const std::string statement :
       {"BEGIN", "INSERT INTO shop.t VALUES (1)", "SAVEPOINT s", "INSERT INTO shop.t VALUES (2)",
        "ROLLBACK TO s", "SAVEPOINT `quoted name`", "INSERT INTO shop.t VALUES (3)",
        "RELEASE SAVEPOINT `quoted name`", "COMMIT", "BEGIN", "INSERT INTO shop.t VALUES (4)",
        "ROLLBACK"}) {
    sql_.MustExecute(statement);
  }
  const auto changes = shop_.reader().ReadAll(sql_, RowsRequest());
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].after->at("id"), "1");
  EXPECT_EQ(changes[1].after->at("id"), "3");
}

TEST_F(MysqlVariants, OnePhaseXaIsAPlainTransaction) {
  shop_.sql().MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  for (const std::string statement :
       {"XA START 'one'", "INSERT INTO shop.t VALUES (1)", "XA END 'one'",
        "XA COMMIT 'one' ONE PHASE", "INSERT INTO shop.t VALUES (2)"}) {
    sql_.MustExecute(statement);
  }
  EXPECT_THAT(shop_.reader().ReadAll(sql_, RowsRequest()), SizeIs(2));
}

TEST_F(MysqlVariants, PreparedXaWithCapturedRowsStopsTheFeed) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1)");
  const std::string token = shop_.reader().CurrentToken(sql_);
  for (const std::string statement : {"XA START 'two'", "INSERT INTO shop.t VALUES (2)",
                                      "XA END 'two'", "XA PREPARE 'two'", "XA COMMIT 'two'"}) {
    sql_.MustExecute(statement);
  }
  ExpectStopped("XA_UNSUPPORTED");
  v1::SubscribeRequest request = RowsRequest();
  request.set_until_token(token);
  auto changes = shop_.reader().ReadToEnd(request);
  EXPECT_THAT(Variants::RowsOf(changes, "shop.t"), SizeIs(1));
}

TEST(MysqlXa, PreparedXaWithoutCapturedRowsIsSkipped) {
  Variants shop(Flavour::kMysql, {}, {.tables = {"shop.*", kMarkerTables}});
  shop.sql().MustExecute("CREATE DATABASE other");
  shop.sql().MustExecute("CREATE TABLE other.t (id INT PRIMARY KEY)");
  shop.sql().MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  for (const std::string statement :
       {"XA START 'a', 'b', 3", "INSERT INTO other.t VALUES (2)", "XA END 'a', 'b', 3",
        "XA PREPARE 'a', 'b', 3", "XA COMMIT 'a', 'b', 3", "XA START 'c'",
        "INSERT INTO other.t VALUES (3)", "XA END 'c'", "XA PREPARE 'c'", "XA ROLLBACK 'c'",
        "INSERT INTO shop.t VALUES (1)"}) {
    shop.sql().MustExecute(statement);
  }
  EXPECT_THAT(Variants::RowsOf(shop.reader().ReadAll(shop.sql()), "shop.t"), SizeIs(1));
}

TEST_F(MysqlVariants, StatementBasedChangeStopsTheFeed) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  sql_.MustExecute("SET SESSION binlog_format = STATEMENT");
  sql_.MustExecute("INSERT INTO shop.t VALUES (2)");
  ExpectStopped("STATEMENT_BASED_CHANGE");
}

}  // namespace
}  // namespace millrace::testing
