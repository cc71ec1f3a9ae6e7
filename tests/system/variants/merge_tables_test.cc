// SPDX-License-Identifier: Apache-2.0

// A MERGE table has no rows. A write through it changes rows of another table, which the binlog
// does not name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class MergeTables : public ::testing::TestWithParam<Flavour> {
 protected:
  void SetUp() override {
    for (const std::string name : {"pair", "other"}) {
      sql().MustExecute("CREATE TABLE shop." + name + " (id INT PRIMARY KEY) ENGINE = MyISAM");
    }
    sql().MustExecute(
        "CREATE TABLE shop.m (id INT NOT NULL, PRIMARY KEY (id)) ENGINE = MERGE UNION = "
        "(shop.pair, "
        "shop.other) INSERT_METHOD = LAST");
    sql().MustExecute("INSERT INTO shop.pair VALUES (1)");
    shop_.StartFeed({"mode: initial"});
    shop_.admin().WaitUntilOver();
  }
  SqlSession& sql() { return shop_.sql(); }
  // The ids of the rows in a stream from SNAPSHOT.
  std::set<std::string> Ids(const std::string& table) {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_SNAPSHOT);
    request.add_tables("shop.*");
    request.add_tables(kMarkerTables);
    std::set<std::string> ids;
    for (const SeenChange& change : ChangeReader(shop_.feed()).ReadAll(sql(), request)) {
      if (change.table == "shop." + table && change.after.has_value()) {
        ids.insert(*change.after->at("id"));
      }
    }
    return ids;
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(MergeTables, RowsWrittenThroughMergeTableAreReadAgain) {
  sql().MustExecute("INSERT INTO shop.m VALUES (2), (3)");
  sql().MustExecute("INSERT INTO shop.pair VALUES (4)");
  std::vector<std::string> schema_changes;
  for (const SeenChange& change : shop_.AllChanges()) {
    if (change.operation == v1::OPERATION_SCHEMA_CHANGE) schema_changes.push_back(change.table);
    EXPECT_NE(change.table, "shop.m");
  }
  EXPECT_THAT(schema_changes, Contains("shop.other"));
  EXPECT_EQ(Ids("other"), (std::set<std::string>{"2", "3"}));
  EXPECT_EQ(Ids("pair"), (std::set<std::string>{"1", "4"}));
  EXPECT_THAT(shop_.feed().LogText(), HasSubstr("shop.m is a MERGE table"));
}

// The source no longer reports the old UNION.
TEST_P(MergeTables, RowsBeforeUnionChangeAreReadAgain) {
  sql().MustExecute("CREATE TABLE shop.third (id INT PRIMARY KEY) ENGINE = MyISAM");
  EXPECT_EQ(Ids("pair"), (std::set<std::string>{"1"}));
  shop_.feed().Stop();
  sql().MustExecute("INSERT INTO shop.m VALUES (2)");
  sql().MustExecute("ALTER TABLE shop.m UNION = (shop.third)");
  sql().MustExecute("INSERT INTO shop.m VALUES (3)");
  shop_.feed().Start();
  EXPECT_EQ(Ids("other"), (std::set<std::string>{"2"}));
  EXPECT_EQ(Ids("third"), (std::set<std::string>{"3"}));
  EXPECT_THAT(shop_.feed().LogText(), HasSubstr("when its member tables were unknown"));
  EXPECT_EQ(Ids("pair"), (std::set<std::string>{"1"}));
}

TEST_P(MergeTables, RowsBelongToUnionWhenWritten) {
  sql().MustExecute("CREATE TABLE shop.apart (id INT PRIMARY KEY)");
  sql().MustExecute("CREATE TABLE shop.n LIKE shop.m");
  sql().MustExecute("ALTER TABLE shop.n ENGINE = MERGE UNION = (shop.other) INSERT_METHOD = LAST");
  sql().MustExecute("INSERT INTO shop.m VALUES (2)");
  EXPECT_EQ(Ids("other"), (std::set<std::string>{"2"}));
  shop_.feed().Stop();
  sql().MustExecute("INSERT INTO shop.m VALUES (3)");
  sql().MustExecute("ALTER TABLE shop.m UNION = (shop.pair)");
  sql().MustExecute("INSERT INTO shop.n VALUES (4)");
  sql().MustExecute("DROP TABLE shop.n");
  shop_.feed().Start();
  std::vector<std::string> schema_changes;
  for (const SeenChange& change : shop_.AllChanges()) {
    if (change.operation == v1::OPERATION_SCHEMA_CHANGE) schema_changes.push_back(change.table);
  }
  EXPECT_EQ(std::count(schema_changes.begin(), schema_changes.end(), "shop.other"), 3)
      << "once for each INSERT";
  EXPECT_EQ(std::count(schema_changes.begin(), schema_changes.end(), "shop.pair"), 2);
  EXPECT_EQ(std::count(schema_changes.begin(), schema_changes.end(), "shop.apart"), 1)
      << "only its CREATE TABLE";
  EXPECT_EQ(Ids("other"), (std::set<std::string>{"2", "3", "4"}));
}

TEST_P(MergeTables, MergeTableItselfIsNotRead) {
  const auto snapshot = shop_.admin().Start(std::vector<std::string>{"shop.m"});
  EXPECT_THAT(snapshot.status().ToString(), HasSubstr("MERGE table"));
  EXPECT_TRUE(shop_.admin().Start(std::vector<std::string>{"shop.*"}).ok());
}

INSTANTIATE_TEST_SUITE_P(Servers, MergeTables,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
