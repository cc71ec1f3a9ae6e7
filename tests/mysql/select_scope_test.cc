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
    EXPECT_TRUE(SelectsFromAllOf({grant}, "shop.*"));
    EXPECT_TRUE(SelectsFromAllOf({grant}, "*.orders_*"));
  }
  EXPECT_FALSE(SelectsFromAllOf({"GRANT RELOAD ON *.* TO `u`@`%`"}, "shop.*"));
}

TEST(SelectScopeTest, GrantOnADatabaseCoversPatternsOfIt) {
  const std::vector<std::string> grants = {"GRANT SELECT ON `my\\_shop`.* TO `u`@`%`",
                                           "GRANT SELECT ON `a%`.* TO `u`@`%`",
                                           "GRANT SELECT ON `o``d`.* TO `u`@`%`"};
  EXPECT_TRUE(SelectsFromAllOf(grants, "my_shop.*"));
  EXPECT_FALSE(SelectsFromAllOf(grants, "myxshop.*"));
  EXPECT_TRUE(SelectsFromAllOf(grants, "`abc`.t*"));
  EXPECT_TRUE(SelectsFromAllOf(grants, "`o``d`.*"));
  EXPECT_FALSE(SelectsFromAllOf(grants, "b.*"));
  EXPECT_FALSE(SelectsFromAllOf(grants, "a*.*"));
}

TEST(SelectScopeTest, GrantOnTablesOrColumnsCoversNoPattern) {
  EXPECT_FALSE(SelectsFromAllOf({"GRANT SELECT ON `shop`.`t` TO `u`@`%`"}, "shop.*"));
  EXPECT_FALSE(SelectsFromAllOf({"GRANT SELECT (`a`) ON `shop`.`t` TO `u`@`%`"}, "shop.*"));
}

TEST(SelectScopeTest, WhatIsNamedOrExcludedIsNoMatterOfPatterns) {
  EXPECT_TRUE(SelectsFromAllOf({}, "shop.t"));
  EXPECT_TRUE(SelectsFromAllOf({}, "!shop.*"));
}

TEST(SelectScopeTest, PartialRevokeCounts) {
  const std::vector<std::string> grants = {"GRANT SELECT ON *.* TO `u`@`%`",
                                           "REVOKE SELECT ON `shop`.* FROM `u`@`%`"};
  EXPECT_FALSE(SelectsFromAllOf(grants, "shop.*"));
  EXPECT_FALSE(SelectsFromAllOf(grants, "*.*"));
  EXPECT_TRUE(SelectsFromAllOf(grants, "other.*"));
}

TEST(SelectScopeTest, RemedyNamesTheDatabaseAlone) {
  EXPECT_EQ(ScopeOf("my_shop.*"), "`my\\_shop`.*");
  EXPECT_EQ(ScopeOf("*.orders"), "*.*");
}

TEST(SelectScopeTest, TablesWithGrantsOnColumnsAreFound) {
  EXPECT_THAT(TablesWithSelectOnColumns({"GRANT SELECT (`id`, `a`), INSERT ON `sh``op`.`t` TO `u`",
                                         "GRANT SELECT ON `shop`.`v` TO `u`",
                                         "GRANT INSERT (`a`) ON `shop`.`w` TO `u`"}),
              ElementsAre(TableName{"sh`op", "t"}));
}

}  // namespace
}  // namespace millrace
