// SPDX-License-Identifier: Apache-2.0

// The SQL that reads chunks.

#include "snapshot/chunk_query.h"

#include <gtest/gtest.h>

namespace millrace::snapshot {
namespace {

KeyBound Bound(const std::string& column, const std::string& literal) {
  return {.equal = column + " = " + literal,
          .greater = column + " > " + literal,
          .at_least = column + " >= " + literal};
}

ChunkQuery Orders() {
  return {.table = {"shop", "orders"},
          .select_list = "`id`, `item`",
          .index = "PRIMARY",
          .key_columns = {"id", "item"},
          .after = {},
          .condition = {},
          .rows = 100};
}

TEST(ChunkQuery, FirstChunkStartsAtFirstKey) {
  EXPECT_EQ(QueryText(Orders()),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) ORDER BY `id`, "
            "`item` LIMIT 100");
}

TEST(ChunkQuery, NextChunkStartsAfterLastRow) {
  ChunkQuery query = Orders();
  query.after = {Bound("`id`", "7"), Bound("`item`", "_latin1 x'61'")};
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE `id` >= 7 AND "
            "(`id` > 7 OR `id` = 7 AND `item` > _latin1 x'61') ORDER BY `id`, `item` LIMIT 100");
}

TEST(ChunkQuery, SingleKeyColumnNeedsOneComparison) {
  ChunkQuery query = Orders();
  query.key_columns = {"id"};
  query.after = {Bound("`id`", "7")};
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE (`id` > 7) "
            "ORDER BY `id` LIMIT 100");
}

TEST(ChunkQuery, ColumnAtGreatestValueIsNotSorted) {
  ChunkQuery query = Orders();
  query.key_columns = {"kind", "id", "step"};
  query.after = {{.equal = "`kind` = 4", .greater = "", .at_least = "`kind` IN (4)"},
                 Bound("`id`", "7"),
                 {.equal = "`step` = 2", .greater = "", .at_least = "`step` IN (2)"}};
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE `kind` = 4 AND "
            "`id` >= 7 AND (`id` > 7) ORDER BY `id`, `step` LIMIT 100");
  query.key_columns = {"kind"};
  query.after.resize(1);
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE `kind` = 4 AND "
            "FALSE LIMIT 100");
}

TEST(ChunkQuery, EveryChunkHasTheCondition) {
  ChunkQuery query = Orders();
  query.key_columns = {"id"};
  query.after = {Bound("`id`", "7")};
  query.condition = "`item` = 1 OR `item` = 2";
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE (`item` = 1 OR "
            "`item` = 2) AND (`id` > 7) ORDER BY `id` LIMIT 100");
}

TEST(ChunkQuery, TableWithoutKeyIsReadWhole) {
  ChunkQuery query;
  query.table = {"a`b", "t"};
  query.select_list = "`x`";
  EXPECT_EQ(QueryText(query), "SELECT `x` FROM `a``b`.`t`");
}

}  // namespace
}  // namespace millrace::snapshot
