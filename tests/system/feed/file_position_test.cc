// SPDX-License-Identifier: Apache-2.0

// A source without GTIDs: positions are files and offsets, transactions are anonymous.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FilePosition : public ::testing::Test {
 protected:
  Variants shop_{Flavour::kMysql,
                 {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"},
                 {.source = {"heartbeat_period: 1s"}}};
  SqlSession& sql_ = shop_.sql();

  std::vector<std::string> Ids(const std::vector<SeenChange>& changes, const std::string& table) {
    std::vector<std::string> ids;
    for (const SeenChange& change : changes) {
      if (change.table == table && change.after.has_value()) ids.push_back(*change.after->at("id"));
    }
    return ids;
  }
};

TEST_F(FilePosition, AnonymousTransactionsDeliverSameRowsWithoutGtid) {
  shop_.ExpectSameRows("SET binlog_transaction_compression = ON");
  for (const SeenChange& change : shop_.reader().ReadAll(sql_)) EXPECT_THAT(change.gtid, IsEmpty());
}

TEST_F(FilePosition, RestartResumesWhereTheLogEnds) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  std::vector<std::string> expected;
  for (int i = 1; i <= 6; ++i) {
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", i));
    expected.push_back(std::to_string(i));
    if (i == 3) sql_.MustExecute("FLUSH BINARY LOGS");
    if (i % 2 == 0) shop_.reader().CurrentToken(sql_);
    i % 4 == 1 ? shop_.feed().Kill() : static_cast<void>(shop_.feed().Stop());
    shop_.feed().Start();
  }
  const auto changes = ChangeReader(shop_.feed()).ReadAll(sql_);
  EXPECT_THAT(Ids(changes, "shop.t"), ::testing::ElementsAreArray(expected));
}

TEST_F(FilePosition, SourceRestartLosesAndRepeatsNothing) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1)");
  sql_.MustExecute("BEGIN");
  sql_.MustExecute("INSERT INTO shop.t VALUES (2)");
  shop_.source().Kill();
  ASSERT_TRUE(shop_.source().Restart().ok());
  shop_.Reconnect();
  sql_.MustExecute("INSERT INTO shop.t VALUES (3)");
  ASSERT_TRUE(shop_.source().Restart().ok());
  shop_.Reconnect();
  sql_.MustExecute("INSERT INTO shop.t VALUES (4)");
  EXPECT_THAT(Ids(shop_.reader().ReadAll(sql_), "shop.t"), ElementsAre("1", "3", "4"));
}

// Rows of MyISAM stay when the transaction around them is rolled back.
TEST_F(FilePosition, MixedEngineTransactionDeliversRemainingRows) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  sql_.MustExecute("CREATE TABLE shop.m (id INT PRIMARY KEY) ENGINE=MyISAM");
  for (const std::string statement :
       {"BEGIN", "INSERT INTO shop.t VALUES (1)", "SAVEPOINT s", "INSERT INTO shop.t VALUES (2)",
        "INSERT INTO shop.m VALUES (1)", "ROLLBACK TO s", "INSERT INTO shop.t VALUES (3)", "COMMIT",
        "BEGIN", "INSERT INTO shop.t VALUES (4)", "INSERT INTO shop.m VALUES (2)", "ROLLBACK"}) {
    sql_.MustExecute(statement);
  }
  const auto changes = shop_.reader().ReadAll(sql_);
  EXPECT_THAT(Ids(changes, "shop.t"), ElementsAre("1", "3"));
  EXPECT_THAT(Ids(changes, "shop.m"), ElementsAre("1", "2"));
}

TEST_F(FilePosition, GtidsMayBeEnabledWhileStreaming) {
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1)");
  int id = 1;
  for (const std::string step : {"enforce_gtid_consistency = ON", "gtid_mode = OFF_PERMISSIVE",
                                 "gtid_mode = ON_PERMISSIVE", "gtid_mode = ON"}) {
    // With gtid_mode ON the source sends no transaction without GTID.
    shop_.reader().CurrentToken(sql_);
    sql_.MustExecute("SET GLOBAL " + step);
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", ++id));
  }
  shop_.reader().CurrentToken(sql_);
  shop_.feed().Stop();
  sql_.MustExecute("INSERT INTO shop.t VALUES (6)");
  shop_.feed().Start();
  const auto changes = ChangeReader(shop_.feed()).ReadAll(sql_);
  EXPECT_THAT(Ids(changes, "shop.t"), ElementsAre("1", "2", "3", "4", "5", "6"));
}

}  // namespace
}  // namespace millrace::testing
