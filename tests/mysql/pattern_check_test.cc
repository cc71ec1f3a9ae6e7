// SPDX-License-Identifier: Apache-2.0

#include "mysql/pattern_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<TableName> kTables = {{"shop", "audit"}, {"shop", "orders"}};

TEST(UnmatchedPatternsTest, MatchingPatternsAreOmitted) {
  EXPECT_THAT(UnmatchedPatterns({}, kTables), IsEmpty());
  EXPECT_THAT(UnmatchedPatterns({"shop.*", "shop.orders", "*.*", "!shop.audit"}, kTables),
              IsEmpty());
}

TEST(UnmatchedPatternsTest, IncludingPatternMustMatchATable) {
  EXPECT_THAT(UnmatchedPatterns({"shop.*", "nope.*", "shop.a*", "!shop.audit"}, kTables),
              ElementsAre("nope.*", "shop.a*"));
  EXPECT_THAT(UnmatchedPatterns({"*.*"}, {}), ElementsAre("*.*"));
}

TEST(UnmatchedPatternsTest, ExcludedNameMustExist) {
  EXPECT_THAT(UnmatchedPatterns({"!shop.audti", "!shop.tmp_*", "!shop.audit"}, kTables),
              ElementsAre("!shop.audti"));
}

}  // namespace
}  // namespace millrace
