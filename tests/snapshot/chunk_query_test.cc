// The SQL that reads chunks.

#include "snapshot/chunk_query.h"

#include <gtest/gtest.h>

namespace millrace::snapshot {
namespace {

ChunkQuery Orders() {
  return {.table = {"shop", "orders"},
          .select_list = "`id`, `item`",
          .index = "PRIMARY",
          .key_columns = {"id", "item"},
          .after = {},
          .where = {},
          .key_from = {},
          .key_to = {},
          .rows = 100};
}

TEST(ChunkQuery, TheFirstChunkBeginsWithTheFirstKey) {
  EXPECT_EQ(QueryText(Orders()),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) ORDER BY `id`, "
            "`item` LIMIT 100");
}

TEST(ChunkQuery, AnotherGoesOnBehindTheLastRow) {
  ChunkQuery query = Orders();
  query.after = {{"`id`", "7"}, {"`item`", "_latin1 x'61'"}};
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE `id` >= 7 AND "
            "(`id` > 7 OR `id` = 7 AND `item` > _latin1 x'61') ORDER BY `id`, `item` LIMIT 100");
}

TEST(ChunkQuery, ASingleKeyColumnNeedsOneComparison) {
  ChunkQuery query = Orders();
  query.key_columns = {"id"};
  query.after = {{"`id`", "7"}};
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE (`id` > 7) "
            "ORDER BY `id` LIMIT 100");
}

TEST(ChunkQuery, ConditionsAndBoundsHoldForEveryChunk) {
  ChunkQuery query = Orders();
  query.key_columns = {"id"};
  query.after = {{"`id`", "7"}};
  query.where = "item = 'a' OR item = 'b'";
  query.key_from = "5";
  query.key_to = "it's";
  EXPECT_EQ(QueryText(query),
            "SELECT `id`, `item` FROM `shop`.`orders` FORCE INDEX (`PRIMARY`) WHERE (item = 'a' OR "
            "item = 'b') AND `id` >= '5' AND `id` < 'it\\'s' AND (`id` > 7) ORDER BY `id` LIMIT "
            "100");
}

TEST(ChunkQuery, ATableWithoutKeyIsReadWhole) {
  ChunkQuery query;
  query.table = {"a`b", "t"};
  query.select_list = "`x`";
  EXPECT_EQ(QueryText(query), "SELECT `x` FROM `a``b`.`t`");
}

}  // namespace
}  // namespace millrace::snapshot
