// SPDX-License-Identifier: Apache-2.0

#include "mysql/select_scope.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

TEST(SelectScopeTest, GrantOnAllTablesCoversEveryPattern) {
  for (const char* grant : {"GRANT SELECT, RELOAD ON *.* TO `u`@`%`",
                            "GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"}) {
    EXPECT_TRUE(GrantsSelectOnAll({grant}, "shop.*"));
    EXPECT_TRUE(GrantsSelectOnAll({grant}, "*.orders_*"));
  }
  EXPECT_FALSE(GrantsSelectOnAll({"GRANT RELOAD ON *.* TO `u`@`%`"}, "shop.*"));
}

TEST(SelectScopeTest, GrantOnDatabaseCoversItsPatterns) {
  const std::vector<std::string> grants = {"GRANT SELECT ON `my\\_shop`.* TO `u`@`%`",
                                           "GRANT SELECT ON `a%`.* TO `u`@`%`",
                                           "GRANT SELECT ON `o``d`.* TO `u`@`%`"};
  EXPECT_TRUE(GrantsSelectOnAll(grants, "my_shop.*"));
  EXPECT_FALSE(GrantsSelectOnAll(grants, "myxshop.*"));
  EXPECT_TRUE(GrantsSelectOnAll(grants, "`abc`.t*"));
  EXPECT_TRUE(GrantsSelectOnAll(grants, "`o``d`.*"));
  EXPECT_FALSE(GrantsSelectOnAll(grants, "b.*"));
  EXPECT_FALSE(GrantsSelectOnAll(grants, "a*.*"));
}

TEST(SelectScopeTest, GrantOnTablesOrColumnsCoversNoPattern) {
  EXPECT_FALSE(GrantsSelectOnAll({"GRANT SELECT ON `shop`.`t` TO `u`@`%`"}, "shop.*"));
  EXPECT_FALSE(GrantsSelectOnAll({"GRANT SELECT (`a`) ON `shop`.`t` TO `u`@`%`"}, "shop.*"));
}

TEST(SelectScopeTest, NamedOrExcludedTablesAlwaysPass) {
  EXPECT_TRUE(GrantsSelectOnAll({}, "shop.t"));
  EXPECT_TRUE(GrantsSelectOnAll({}, "!shop.*"));
}

TEST(SelectScopeTest, PartialRevokeCounts) {
  const std::vector<std::string> grants = {"GRANT SELECT ON *.* TO `u`@`%`",
                                           "REVOKE SELECT ON `shop`.* FROM `u`@`%`"};
  EXPECT_FALSE(GrantsSelectOnAll(grants, "shop.*"));
  EXPECT_FALSE(GrantsSelectOnAll(grants, "*.*"));
  EXPECT_TRUE(GrantsSelectOnAll(grants, "other.*"));
}

TEST(SelectScopeTest, RemedyNamesOnlyTheDatabase) {
  EXPECT_EQ(GrantScope("my_shop.*"), "`my\\_shop`.*");
  EXPECT_EQ(GrantScope("*.orders"), "*.*");
}

TEST(SelectScopeTest, TablesWithGrantsOnColumnsAreFound) {
  EXPECT_THAT(TablesWithSelectOnColumns({"GRANT SELECT (`id`, `a`), INSERT ON `sh``op`.`t` TO `u`",
                                         "GRANT SELECT ON `shop`.`v` TO `u`",
                                         "GRANT INSERT (`a`) ON `shop`.`w` TO `u`"}),
              ElementsAre(TableName{"sh`op", "t"}));
}

}  // namespace
}  // namespace millrace
