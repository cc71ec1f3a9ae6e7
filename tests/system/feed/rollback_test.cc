// SPDX-License-Identifier: Apache-2.0

// Transactions that mix engines are in the binlog although they were rolled back, wholly or to a
// savepoint. The feed must end with the rows of the tables.

#include <gtest/gtest.h>

#include <set>

#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

class RolledBack : public ::testing::TestWithParam<Flavour> {
 protected:
  static std::vector<std::string> Options() {
    // With consistent GTIDs MySQL refuses to mix engines in one transaction.
    if (GetParam() == Flavour::kMariadb) return {};
    return {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"};
  }
  void SetUp() override {
    sql_.MustExecute("CREATE DATABASE d");
    sql_.MustExecute("CREATE TABLE d.kept (id INT PRIMARY KEY) ENGINE=InnoDB");
    sql_.MustExecute("CREATE TABLE d.direct (id INT PRIMARY KEY) ENGINE=MyISAM");
  }
  void Run(const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) sql_.MustExecute(statement);
  }
  std::set<std::string> TableRows(const std::string& table) {
    std::set<std::string> rows;
    for (const SqlRow& row : sql_.MustQuery("SELECT id FROM " + table)) rows.insert(*row[0]);
    return rows;
  }
  std::set<std::string> FeedRows(const std::string& table) {
    std::set<std::string> rows;
    for (const SeenChange& change : ChangeReader(*feed_).ReadAll(sql_)) {
      if (change.table == table && change.after.has_value()) rows.insert(*change.after->at("id"));
    }
    return rows;
  }

  std::unique_ptr<SourceServer> source_ =
      SourceServer::MustStart({.flavour = GetParam(), .options = Options()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
};

TEST_P(RolledBack, ToSavepointLeavesTheTablesRows) {
  Run({"BEGIN", "INSERT INTO d.kept VALUES (1)", "SAVEPOINT s", "INSERT INTO d.kept VALUES (2)",
       "INSERT INTO d.direct VALUES (2)", "ROLLBACK TO s", "INSERT INTO d.kept VALUES (3)",
       "COMMIT"});
  EXPECT_EQ(FeedRows("d.kept"), (std::set<std::string>{"1", "3"}));
  EXPECT_EQ(FeedRows("d.kept"), TableRows("d.kept"));
  EXPECT_EQ(FeedRows("d.direct"), TableRows("d.direct"));
}

TEST_P(RolledBack, SavepointIsFoundInAnyCase) {
  Run({"BEGIN", "INSERT INTO d.kept VALUES (1)", "SAVEPOINT Alpha", "INSERT INTO d.kept VALUES (2)",
       "INSERT INTO d.direct VALUES (2)", "ROLLBACK TO ALPHA", "INSERT INTO d.kept VALUES (3)",
       "COMMIT"});
  EXPECT_EQ(FeedRows("d.kept"), (std::set<std::string>{"1", "3"}));
  EXPECT_EQ(FeedRows("d.kept"), TableRows("d.kept"));
}

TEST_P(RolledBack, WhollyLeavesOnlyNonTransactionalRows) {
  Run({"BEGIN", "INSERT INTO d.kept VALUES (1)", "INSERT INTO d.direct VALUES (1)", "ROLLBACK",
       "INSERT INTO d.kept VALUES (9)"});
  EXPECT_EQ(FeedRows("d.kept"), (std::set<std::string>{"9"}));
  EXPECT_EQ(FeedRows("d.direct"), TableRows("d.direct"));
}

INSTANTIATE_TEST_SUITE_P(Sources, RolledBack, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
