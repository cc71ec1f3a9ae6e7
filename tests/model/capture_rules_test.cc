// SPDX-License-Identifier: Apache-2.0

#include "model/capture_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

TEST(CaptureRules, NoPatternsCaptureAllButSystemDatabases) {
  const CaptureRules rules;
  EXPECT_TRUE(rules.Captures("shop", "orders"));
  EXPECT_TRUE(rules.MayCapture("shop"));
  for (const std::string_view database :
       {"mysql", "sys", "performance_schema", "information_schema"}) {
    EXPECT_FALSE(rules.Captures(database, "t")) << database;
    EXPECT_FALSE(rules.MayCapture(database)) << database;
  }
}

TEST(CaptureRules, SystemDatabaseIsNeverCaptured) {
  const auto rules = CaptureRules::Parse({"mysql.user", "sys.*", "shop.t"}).value();
  EXPECT_FALSE(rules.Captures("mysql", "user"));
  EXPECT_FALSE(rules.Captures("sys", "sys_config"));
  EXPECT_THAT(rules.NamedTables(), ElementsAre(TableName{"shop", "t"}));
}

// A server with case-sensitive names can have a user database of that name.
TEST(CaptureRules, SystemDatabaseNamesAreCaseSensitive) {
  EXPECT_TRUE(CaptureRules().Captures("Sys", "t"));
}

TEST(CaptureRules, ExcludedTableIsNotNamed) {
  const auto rules = CaptureRules::Parse({"shop.a", "shop.b", "!shop.b"}).value();
  EXPECT_THAT(rules.NamedTables(), ElementsAre(TableName{"shop", "a"}));
}

TEST(CaptureRules, EmptyDatabaseNameNeverMatches) { EXPECT_FALSE(CaptureRules().MayCapture("")); }

TEST(CaptureRules, ExcludedColumnIsNotCaptured) {
  const auto rules = CaptureRules::Parse({"shop.*"}, {"shop.users.password"}).value();
  EXPECT_FALSE(rules.CapturesColumn({"shop", "users"}, "password"));
  EXPECT_TRUE(rules.CapturesColumn({"shop", "users"}, "name"));
  EXPECT_FALSE(rules.CapturesColumn({"shop", "users"}, "PassWord"));
  EXPECT_THAT(rules.excluded_columns(), ElementsAre("shop.users.password"));
}

TEST(CaptureRules, MalformedPatternFails) {
  EXPECT_EQ(ErrorReason(CaptureRules::Parse({"shop"}).status()), "TABLE_PATTERN_MALFORMED");
  EXPECT_EQ(ErrorReason(CaptureRules::Parse({}, {"shop.t"}).status()), "TABLE_PATTERN_MALFORMED");
}

}  // namespace
}  // namespace millrace
