// SPDX-License-Identifier: Apache-2.0

#include "schema/stated_types.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::schema {
namespace {

using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr auto kUuid = Meaning::kMariadbUuid;
constexpr auto kInet6 = Meaning::kMariadbInet6;

StatementSession Mariadb() { return {.flavour = Flavour::kMariadb}; }
StatedTable StatedIn(std::string_view text) { return StatedBy(text, "shop", Mariadb()); }

TEST(StatedTypes, TypesStandBehindTheirColumns) {
  EXPECT_THAT(StatedIn("CREATE TABLE n (id INT PRIMARY KEY, U UUID NOT NULL, `i` inet6)").types,
              Optional(UnorderedElementsAre(Pair("u", kUuid), Pair("i", kInet6))));
  EXPECT_THAT(StatedIn("create or replace table if not exists a.b (x INET4 DEFAULT '1.2.3.4', "
                       "KEY u (x), CONSTRAINT uuid CHECK (x <> 'uuid'))")
                  .types,
              Optional(UnorderedElementsAre(Pair("x", Meaning::kMariadbInet4))));
}

TEST(StatedTypes, NamesAndTextOfThatSpellingAreNoTypes) {
  EXPECT_THAT(StatedIn("CREATE TABLE uuid (uuid BINARY(16) COMMENT 'UUID', "
                       "inet6 INT /* UUID */ DEFAULT (uuid(1)), PRIMARY KEY (uuid))")
                  .types,
              Optional(IsEmpty()));
}

TEST(StatedTypes, TimesOfVersionsAreAddedUnlessTheyAreNamed) {
  EXPECT_THAT(StatedIn("CREATE TABLE n (id INT) ENGINE=InnoDB WITH SYSTEM VERSIONING").types,
              Optional(UnorderedElementsAre(Pair("row_start", Meaning::kMariadbHiddenRowStart),
                                            Pair("row_end", Meaning::kMariadbHiddenRowEnd))));
  EXPECT_THAT(StatedIn("CREATE TABLE n (id INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, "
                       "e TIMESTAMP(6) AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (s, e)) "
                       "WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p HISTORY)")
                  .types,
              Optional(UnorderedElementsAre(Pair("e", Meaning::kMariadbRowEnd))));
  // A period of the user's says nothing of them.
  EXPECT_THAT(StatedIn("CREATE TABLE n (id INT, x DATE, y DATE, PERIOD FOR p (x, y)) "
                       "WITH SYSTEM VERSIONING")
                  .types,
              Optional(UnorderedElementsAre(Pair("row_start", Meaning::kMariadbHiddenRowStart),
                                            Pair("row_end", Meaning::kMariadbHiddenRowEnd))));
}

TEST(StatedTypes, ACopyNamesWhatItIsLike) {
  EXPECT_THAT(StatedIn("CREATE TABLE n LIKE m").like, Optional(TableName{"shop", "m"}));
  EXPECT_THAT(StatedIn("CREATE TABLE n (LIKE `a`.`b`)").like, Optional(TableName{"a", "b"}));
}

TEST(StatedTypes, WhatDoesNotTellAllColumnsTellsNothing) {
  for (const char* text :
       {"CREATE TABLE n SELECT * FROM m", "CREATE TABLE n (u UUID) SELECT * FROM m",
        "CREATE TABLE n (u UUID) AS SELECT 1", "CREATE TABLE n (u UUID",
        "CREATE TABLE n ('u' UUID)", "SET STATEMENT sql_mode = '' FOR CREATE TABLE n (u UUID)"}) {
    const StatedTable stated = StatedIn(text);
    EXPECT_EQ(stated.types, std::nullopt) << text;
    EXPECT_EQ(stated.like, std::nullopt) << text;
  }
  EXPECT_EQ(StatedBy("CREATE TABLE n (u UUID)", "", {.sql_mode = std::nullopt}).types,
            std::nullopt);
}

TEST(StatedTypes, OnlyAnAlterWithSuchATypeChangesMeanings) {
  EXPECT_FALSE(MayChangeMeanings("ALTER TABLE n ADD COLUMN a INT COMMENT 'uuid'", Mariadb()));
  EXPECT_TRUE(MayChangeMeanings("ALTER TABLE n MODIFY u binary(16)", Mariadb()));
  EXPECT_TRUE(MayChangeMeanings("ALTER TABLE n ADD SYSTEM VERSIONING", Mariadb()));
  EXPECT_TRUE(MayChangeMeanings("ALTER TABLE n ADD a INT COMMENT 'open", Mariadb()));
}

TEST(StatedTypes, AColumnThatWasNotCapturedLeavesThemOpen) {
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
