// SPDX-License-Identifier: Apache-2.0

#include "base/check.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(CheckDeathTest, FailureAbortsWithConditionAndLine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const int items = 3;
  EXPECT_DEATH(MILLRACE_CHECK(items == 4), "check failed: items == 4 at .*check_test.cc:");
}

TEST(Check, TrueConditionIsEvaluatedOnce) {
  int evaluated = 0;
  MILLRACE_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace millrace
