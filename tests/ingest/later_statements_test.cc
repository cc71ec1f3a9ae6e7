// SPDX-License-Identifier: Apache-2.0

#include "ingest/later_statements.h"

#include <gtest/gtest.h>

namespace millrace::ingest {
namespace {

bool Redefines(std::string_view text, RedefinedPart what = RedefinedPart::kColumnTypes) {
  SentStatement sent{.text = text, .database = "shop", .session = {.flavour = Flavour::kMariadb}};
  const schema::Statement statement = Read(sent);
  return MayRedefine(sent, statement, {"shop", "t"}, what);
}

TEST(LaterStatements, ChangesOfTypesOrTableRedefine) {
  for (const char* text :
       {"ALTER TABLE t MODIFY u BINARY(16)", "ALTER TABLE t ADD SYSTEM VERSIONING",
        "ALTER TABLE t RENAME COLUMN u TO v", "ALTER TABLE t RENAME TO s",
        "ALTER TABLE s RENAME TO t", "RENAME TABLE t TO s", "RENAME TABLE s TO t", "DROP TABLE t",
        "CREATE TABLE t LIKE s", "CREATE OR REPLACE TABLE shop.t (u UUID)", "DROP DATABASE shop",
        "ALTER TABLE s CONVERT PARTITION p TO TABLE t", "WHAT IS THIS"}) {
    EXPECT_TRUE(Redefines(text)) << text;
  }
}

TEST(LaterStatements, UnchangedTypesDoNotRedefine) {
  for (const char* text :
       {"ALTER TABLE t ADD COLUMN n INT COMMENT 'uuid'", "CREATE INDEX i ON t (u)",
        "ALTER TABLE s MODIFY u BINARY(16)", "DROP TABLE other.t", "TRUNCATE TABLE t",
        "CREATE TEMPORARY TABLE t (u BINARY(16))", "DROP DATABASE other", "OPTIMIZE TABLE t",
        "CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW SET @a = 'BINARY'", "FLUSH TABLES t"}) {
    EXPECT_FALSE(Redefines(text)) << text;
  }
}

TEST(LaterStatements, IndexesAndRowsDoNotRedefine) {
  EXPECT_TRUE(Redefines("ALTER TABLE t UNION = (a)", RedefinedPart::kAnything));
  EXPECT_FALSE(Redefines("ALTER TABLE t ADD INDEX (u)", RedefinedPart::kAnything));
  EXPECT_FALSE(Redefines("TRUNCATE TABLE t", RedefinedPart::kAnything));
}

}  // namespace
}  // namespace millrace::ingest
