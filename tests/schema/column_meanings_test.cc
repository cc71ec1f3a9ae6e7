// SPDX-License-Identifier: Apache-2.0

#include "schema/column_meanings.h"

#include <tuple>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schema/altered_meanings.h"

namespace millrace::schema {
namespace {

using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr auto kUuid = Meaning::kMariadbUuid;
constexpr auto kInet6 = Meaning::kMariadbInet6;

StatementSession Mariadb() { return {.flavour = Flavour::kMariadb}; }
CreatedMeanings MeaningsIn(std::string_view text) {
  return MeaningsInCreate(text, "shop", Mariadb());
}

TEST(ColumnMeanings, CreateTableDeclaresMeanings) {
  EXPECT_THAT(
      MeaningsIn("CREATE TABLE n (id INT PRIMARY KEY, U UUID NOT NULL, `i` inet6)").meanings,
      Optional(UnorderedElementsAre(Pair("u", kUuid), Pair("i", kInet6))));
  EXPECT_THAT(MeaningsIn("create or replace table if not exists a.b (x INET4 DEFAULT '1.2.3.4', "
                         "KEY u (x), CONSTRAINT uuid CHECK (x <> 'uuid'))")
                  .meanings,
              Optional(UnorderedElementsAre(Pair("x", Meaning::kMariadbInet4))));
}

TEST(ColumnMeanings, NamesAndTextAreNotTypes) {
  EXPECT_THAT(MeaningsIn("CREATE TABLE uuid (uuid BINARY(16) COMMENT 'UUID', "
                         "inet6 INT /* UUID */ DEFAULT (uuid(1)), PRIMARY KEY (uuid))")
                  .meanings,
              Optional(IsEmpty()));
}

TEST(ColumnMeanings, UnnamedVersionTimesAreAdded) {
  EXPECT_THAT(MeaningsIn("CREATE TABLE n (id INT) ENGINE=InnoDB WITH SYSTEM VERSIONING").meanings,
              Optional(UnorderedElementsAre(Pair("row_start", Meaning::kMariadbHiddenRowStart),
                                            Pair("row_end", Meaning::kMariadbHiddenRowEnd))));
  EXPECT_THAT(MeaningsIn("CREATE TABLE n (id INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, "
                         "e TIMESTAMP(6) AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (s, e)) "
                         "WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p HISTORY)")
                  .meanings,
              Optional(UnorderedElementsAre(Pair("e", Meaning::kMariadbRowEnd))));
  // A period of the user's own does not name the row version times.
  EXPECT_THAT(MeaningsIn("CREATE TABLE n (id INT, x DATE, y DATE, PERIOD FOR p (x, y)) "
                         "WITH SYSTEM VERSIONING")
                  .meanings,
              Optional(UnorderedElementsAre(Pair("row_start", Meaning::kMariadbHiddenRowStart),
                                            Pair("row_end", Meaning::kMariadbHiddenRowEnd))));
}

TEST(ColumnMeanings, CreateLikeNamesTheCopiedTable) {
  EXPECT_THAT(MeaningsIn("CREATE TABLE n LIKE m").like, Optional(TableName{"shop", "m"}));
  EXPECT_THAT(MeaningsIn("CREATE TABLE n (LIKE `a`.`b`)").like, Optional(TableName{"a", "b"}));
}

TEST(ColumnMeanings, UnclearCreateReturnsNothing) {
  for (const char* text :
       {"CREATE TABLE n SELECT * FROM m", "CREATE TABLE n (u UUID) SELECT * FROM m",
        "CREATE TABLE n (u UUID) AS SELECT 1", "CREATE TABLE n (u UUID",
        "CREATE TABLE n ('u' UUID)", "SET STATEMENT sql_mode = '' FOR CREATE TABLE n (u UUID)"}) {
    const CreatedMeanings created = MeaningsIn(text);
    EXPECT_EQ(created.meanings, std::nullopt) << text;
    EXPECT_EQ(created.like, std::nullopt) << text;
  }
  EXPECT_EQ(MeaningsInCreate("CREATE TABLE n (u UUID)", "", {.sql_mode = std::nullopt}).meanings,
            std::nullopt);
}

TEST(ColumnMeanings, AlterSetsMeaningsOfItsColumns) {
  const ColumnMeanings before{{"u", kUuid}, {"i", kInet6}};
  const std::pair<const char*, ColumnMeanings> cases[] = {
      {"ALTER TABLE n MODIFY u BINARY(16)", {{"i", kInet6}}},
      {"alter online table if exists a.n nowait modify column if exists U inet6 not null first, "
       "drop column i",
       {{"u", kInet6}}},
      {"ALTER TABLE n CHANGE COLUMN n.u `v` UUID AFTER id, CHANGE i u BINARY(16)", {{"v", kUuid}}},
      {"ALTER TABLE n RENAME COLUMN u TO i, RENAME COLUMN i TO u", {{"u", kInet6}, {"i", kUuid}}},
      {"ALTER TABLE n DROP u, ADD u CHAR(16), ADD (x UUID DEFAULT (f(1, 2)), y INT)",
       {{"i", kInet6}, {"x", kUuid}}},
      {"ALTER TABLE n ADD u BINARY(16), DROP u", {{"i", kInet6}}},
      {"ALTER TABLE n ADD COLUMN IF NOT EXISTS u BINARY(16), ADD INDEX uuid (u, i), COMMENT 'uuid, "
       "ADD x UUID', ORDER BY u, i, ALTER i SET DEFAULT NULL, RENAME m, DROP PRIMARY KEY",
       before},
  };
  for (const auto& [text, after] : cases) {
    EXPECT_THAT(MeaningsAfterAlter(text, before, Mariadb()), Optional(after)) << text;
  }
}

TEST(ColumnMeanings, AlterAddsAndDropsVersionTimes) {
  const ColumnMeanings plain{{"u", kUuid}};
  const ColumnMeanings hidden{{"u", kUuid},
                              {"row_start", Meaning::kMariadbHiddenRowStart},
                              {"row_end", Meaning::kMariadbHiddenRowEnd}};
  const ColumnMeanings named{{"u", kUuid}, {"e", Meaning::kMariadbRowEnd}};
  const std::tuple<const char*, ColumnMeanings, ColumnMeanings> cases[] = {
      {"ALTER TABLE n ADD SYSTEM VERSIONING", plain, hidden},
      {"ALTER TABLE n DROP SYSTEM VERSIONING", hidden, plain},
      {"ALTER TABLE n ADD s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, ADD e TIMESTAMP(6) AS ROW "
       "END, ADD PERIOD FOR SYSTEM_TIME (s, e), ADD SYSTEM VERSIONING",
       plain, named},
      {"ALTER TABLE n DROP SYSTEM VERSIONING, DROP PERIOD FOR SYSTEM_TIME, DROP s, DROP e", named,
       plain},
      {"ALTER TABLE n ADD system INT, DROP system, ADD PERIOD FOR p (x, y), DROP PERIOD FOR p, "
       "ADD period INT, DROP period, ADD c INT WITHOUT SYSTEM VERSIONING",
       hidden, hidden},
  };
  for (const auto& [text, before, after] : cases) {
    EXPECT_THAT(MeaningsAfterAlter(text, before, Mariadb()), Optional(after)) << text;
  }
}

TEST(ColumnMeanings, UnparsableAlterReturnsNothing) {
  for (const char* text :
       {"ALTER TABLE n ADD COLUMN IF NOT EXISTS x UUID",
        "ALTER TABLE n ADD SYSTEM VERSIONING, DROP SYSTEM VERSIONING",
        "ALTER TABLE n ADD c INT WITH SYSTEM VERSIONING", "ALTER TABLE n MODIFY u `uuid`",
        "ALTER TABLE n CHANGE IF EXISTS a u BINARY(16)", "ALTER TABLE n MODIFY u s.uuid",
        "SET STATEMENT sql_mode = '' FOR ALTER TABLE n MODIFY u UUID",
        "ALTER TABLE n MODIFY u UUID COMMENT 'open"}) {
    EXPECT_EQ(MeaningsAfterAlter(text, {}, Mariadb()), std::nullopt) << text;
  }
}

TEST(ColumnMeanings, OnlyAlterWithSpecialTypeChangesMeanings) {
  EXPECT_FALSE(MayChangeMeanings("ALTER TABLE n ADD COLUMN a INT COMMENT 'uuid'", Mariadb()));
  EXPECT_TRUE(MayChangeMeanings("ALTER TABLE n MODIFY u binary(16)", Mariadb()));
  EXPECT_TRUE(MayChangeMeanings("ALTER TABLE n ADD SYSTEM VERSIONING", Mariadb()));
  EXPECT_TRUE(MayChangeMeanings("ALTER TABLE n ADD a INT COMMENT 'open", Mariadb()));
}

TEST(ColumnMeanings, UncapturedColumnMakesMeaningsUnknown) {
  TableVersion version;
  version.columns.resize(2);
  version.columns[0].name = "U";
  version.columns[0].type = ColumnType::kString;
  version.columns[0].meaning = kUuid;
  EXPECT_THAT(MeaningsOf(version), Optional(UnorderedElementsAre(Pair("u", kUuid))));
  version.columns[1].type = ColumnType::kString;
  version.columns[1].captured = false;
  EXPECT_EQ(MeaningsOf(version), std::nullopt);
}

}  // namespace
}  // namespace millrace::schema
