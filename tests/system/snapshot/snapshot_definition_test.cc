// SPDX-License-Identifier: Apache-2.0

// information_schema (used by snapshots) and the binlog give a table the same definition: reading
// one after the other creates no new version.

#include <gtest/gtest.h>

#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

class SnapshotDefinition : public ::testing::TestWithParam<Flavour> {
 protected:
  v1::Table TableOf(const std::string& name) {
    v1::GetTableRequest request;
    request.set_database("shop");
    request.set_table(name);
    auto response = shop_.feed().client().GetTable(request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    // last_sequence grows with the log.
    response->mutable_table()->clear_last_sequence();
    return response->table();
  }
  void Change(const SnapshotTableSpec& table) {
    shop_.sql().MustExecute("UPDATE " + table.FullName() + " SET n = n + 1");
    (void)shop_.RowsRead(table.name);  // waits for the feed
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(SnapshotDefinition, IsEqualInSnapshotAndStream) {
  const auto tables = KeyedTables(GetParam());
  for (const SnapshotTableSpec& table : tables) shop_.Fill(table.name, 10);
  shop_.StartFeed({"mode: never"});
  for (const SnapshotTableSpec& table : tables) {
    Change(table);
    const std::string before = TableOf(table.name).DebugString();
    for (int time = 1; time <= 2; ++time) {
      ASSERT_TRUE(shop_.admin().Start({table.FullName()}).ok());
      shop_.admin().WaitUntilOver();
      Change(table);
    }
    EXPECT_EQ(TableOf(table.name).DebugString(), before);
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotDefinition,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         [](const auto& flavour) {
                           return std::string(FlavourName(flavour.param));
                         });

}  // namespace
}  // namespace millrace::testing
