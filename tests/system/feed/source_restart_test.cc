// SPDX-License-Identifier: Apache-2.0

// The source goes away in the middle of work: nothing is lost, repeated or half delivered.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;

class SourceRestart : public ::testing::TestWithParam<Flavour> {
 protected:
  // Small frames, so that a transaction of some thousand rows is staged before it ends.
  Variants shop_{
      GetParam(), {}, {.source = {"heartbeat_period: 1s"}, .log = {"frame_bytes: 4KiB"}}};
  SqlSession& sql_ = shop_.sql();

  void SetUp() override { sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)"); }
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    for (const SeenChange& change : shop_.reader().ReadAll(sql_)) {
      if (change.after.has_value()) ids.push_back(*change.after->at("id"));
    }
    return ids;
  }
  void InsertMany(int first, int count) {
    std::string statement = "INSERT INTO shop.t VALUES ";
    for (int i = 0; i < count; ++i) {
      statement += fmt::format("{}({}, REPEAT('x', 200))", i == 0 ? "" : ",", first + i);
    }
    sql_.MustExecute(statement);
  }
};

TEST_P(SourceRestart, OrderlyRestartLosesAndRepeatsNothing) {
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 'a')");
  ASSERT_TRUE(shop_.source().Restart().ok());
  shop_.Reconnect();
  sql_.MustExecute("INSERT INTO shop.t VALUES (2, 'b')");
  EXPECT_THAT(Ids(), ElementsAre("1", "2"));
}

TEST_P(SourceRestart, CrashInsideATransactionDeliversNothingOfIt) {
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 'a')");
  sql_.MustExecute("BEGIN");
  InsertMany(100, 2000);
  shop_.source().Kill();
  ASSERT_TRUE(shop_.source().Restart().ok());
  shop_.Reconnect();
  sql_.MustExecute("INSERT INTO shop.t VALUES (2, 'b')");
  EXPECT_THAT(Ids(), ElementsAre("1", "2"));
}

// The stream breaks repeatedly while transactions of many frames pass.
TEST_P(SourceRestart, DumpKilledInLargeTransactionIsReadAgain) {
  int next = 1;
  for (int round = 0; round < 12; ++round) {
    InsertMany(next, 4000);
    next += 4000;
    for (const SqlRow& row : sql_.MustQuery("SHOW PROCESSLIST")) {
      if (row[4]->find("Binlog Dump") != std::string::npos) (void)sql_.Execute("KILL " + *row[0]);
    }
  }
  const std::vector<std::string> ids = Ids();
  ASSERT_EQ(ids.size(), static_cast<size_t>(next - 1));
  for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], std::to_string(i + 1));
}

// The source continues while the feed is away; the backlog arrives at once.
TEST_P(SourceRestart, BacklogOfMixedTransactionsArrivesWhole) {
  shop_.feed().Stop();
  int next = 1;
  for (int round = 0; round < 20; ++round) {
    for (const int count : {1, 50, 1, 3}) {
      InsertMany(next, count);
      next += count;
    }
    sql_.MustExecute(
        fmt::format("INSERT INTO shop.t VALUES ({}, REPEAT('y', 9000)), "
                    "({}, REPEAT('z', 9000))",
                    next, next + 1));
    next += 2;
    sql_.MustExecute(
        fmt::format("CREATE TABLE shop.a{0} (i INT) COMMENT '{1:c>1500}'", round, 'c'));
    sql_.MustExecute(
        fmt::format("CREATE TABLE shop.b{0} (i INT) COMMENT '{1:c>1500}'", round, 'c'));
    // One change for each of its four tables.
    sql_.MustExecute(
        fmt::format("RENAME TABLE /* {0:x>1500} */ shop.a{1} TO shop.c{1}, shop.b{1} TO shop.d{1}",
                    ' ', round));
  }
  shop_.feed().Start();
  ChangeReader reader(shop_.feed());
  int expected = 1;
  for (const SeenChange& change : reader.ReadAll(sql_)) {
    if (!change.after.has_value()) continue;
    ASSERT_EQ(change.after->at("id"), std::to_string(expected++));
  }
  EXPECT_EQ(expected, next);
}

INSTANTIATE_TEST_SUITE_P(Sources, SourceRestart,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
