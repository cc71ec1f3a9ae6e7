// SPDX-License-Identifier: Apache-2.0

#include "schema/merge_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

MergeOptions OptionsIn(std::string_view text) { return MergeOptionsOf(text, "shop", {}).value(); }

TEST(MergeOptions, EngineAndUnionAreRead) {
  const MergeOptions created = OptionsIn(
      "CREATE TABLE m (id INT COMMENT ' ENGINE=InnoDB', KEY (id)) ENGINE = 'merge' "
      "UNION=(a, `b c`.`d`) INSERT_METHOD=LAST");
  EXPECT_EQ(created.merge, true);
  EXPECT_THAT(created.members,
              Optional(ElementsAre(TableName{"shop", "a"}, TableName{"b c", "d"})));
  EXPECT_THAT(OptionsIn("ALTER TABLE m UNION ()").members, Optional(IsEmpty()));
  EXPECT_EQ(OptionsIn("ALTER TABLE m UNION (a)").merge, std::nullopt);
  EXPECT_EQ(OptionsIn("ALTER TABLE m COMMENT 'x', ENGINE InnoDB").merge, false);
  EXPECT_EQ(OptionsIn("ALTER TABLE m ENGINE = Mrg_MyISAM").merge, true);
}

TEST(MergeOptions, NamesAndTextAreNotOptions) {
  EXPECT_EQ(OptionsIn("CREATE TABLE m (engine INT, `union` INT DEFAULT (1)) COMMENT 'UNION=(a)'"),
            MergeOptions());
}

TEST(MergeOptions, UnparsableOptionsReturnNothing) {
  for (const char* text :
       {"ALTER TABLE m UNION = a", "ALTER TABLE m UNION = (a", "ALTER TABLE m 'x",
        "ALTER TABLE m UNION = (a b)", "ALTER TABLE m UNION = ('a')"}) {
    EXPECT_EQ(MergeOptionsOf(text, "shop", {}), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace::schema
