// SPDX-License-Identifier: Apache-2.0

#include "ingest/pattern_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(PatternWarningsTest, PatternIsListedUntilATableMatches) {
  PatternWarnings warnings;
  TableCounterMap captured;
  EXPECT_THAT(warnings.List(captured), IsEmpty());
  warnings.Set({"shop.*", "!shop.audti"});
  captured.For({"other", "t"});
  EXPECT_THAT(warnings.List(captured), ElementsAre(HasSubstr("'shop.*'"), HasSubstr("audti")));
  captured.For({"shop", "orders"});
  EXPECT_THAT(warnings.List(captured), ElementsAre(HasSubstr("audti")));
  warnings.Set({});
  EXPECT_THAT(warnings.List(captured), IsEmpty());
}

}  // namespace
}  // namespace millrace::ingest
