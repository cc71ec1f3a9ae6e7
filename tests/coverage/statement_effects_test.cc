// SPDX-License-Identifier: Apache-2.0

#include "coverage/statement_effects.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::coverage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The effects of a statement, for example `emptied d.t`.
std::vector<std::string> EffectsOfText(std::string_view text) {
  const schema::Statement statement = schema::Classify(text, "d");
  const bool truncates = statement.kind == schema::StatementKind::kTruncate;
  std::vector<std::string> effects;
  for (const auto& [table, effect] : EffectsOf(statement, truncates)) {
    const std::string name = effect == TableEffect::kEmptied      ? "emptied "
                             : effect == TableEffect::kUnseenRows ? "unseen "
                                                                  : "altered ";
    effects.push_back(name + table.ToString());
  }
  return effects;
}

TEST(StatementEffects, CreatedOrDroppedTableIsEmpty) {
  EXPECT_THAT(EffectsOfText("CREATE TABLE t (a INT)"), ElementsAre("emptied d.t"));
  EXPECT_THAT(EffectsOfText("CREATE OR REPLACE TABLE t (a INT)"), ElementsAre("emptied d.t"));
  EXPECT_THAT(EffectsOfText("DROP TABLE IF EXISTS t, x.u"),
              ElementsAre("emptied d.t", "emptied x.u"));
  EXPECT_THAT(EffectsOfText("TRUNCATE t"), ElementsAre("emptied d.t"));
}

TEST(StatementEffects, CreateIfNotExistsHasNoEffect) {
  EXPECT_THAT(EffectsOfText("CREATE TABLE IF NOT EXISTS t (a INT)"), IsEmpty());
}

TEST(StatementEffects, TemporaryTablesViewsAndTriggersChangeNoRows) {
  for (const std::string_view text :
       {"CREATE TEMPORARY TABLE t (a INT)", "DROP TEMPORARY TABLE t", "DROP VIEW t",
        "CREATE VIEW t AS SELECT 1", "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
        "CREATE SEQUENCE t", "DROP PROCEDURE p", "CREATE DATABASE d"}) {
    EXPECT_THAT(EffectsOfText(text), IsEmpty()) << text;
  }
}

TEST(StatementEffects, RenamedTableHasUnseenRows) {
  EXPECT_THAT(EffectsOfText("RENAME TABLE t TO u"), ElementsAre("emptied d.t", "unseen d.u"));
  EXPECT_THAT(EffectsOfText("RENAME TABLE t TO _t, _g TO t"),
              ElementsAre("emptied d.t", "unseen d._t", "emptied d._g", "unseen d.t"));
  EXPECT_THAT(EffectsOfText("ALTER TABLE t RENAME TO x.u"),
              ElementsAre("altered d.t", "altered x.u", "emptied d.t", "unseen x.u"));
}

TEST(StatementEffects, AlterChangesRowsUnlessOnlyIndexes) {
  EXPECT_THAT(EffectsOfText("ALTER TABLE t ADD a INT"), ElementsAre("altered d.t"));
  EXPECT_THAT(EffectsOfText("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u"),
              ElementsAre("altered d.t", "altered d.u"));
  EXPECT_THAT(EffectsOfText("ALTER TABLE t CONVERT PARTITION p TO TABLE u"),
              ElementsAre("altered d.t", "altered d.u", "unseen d.u"));
  EXPECT_THAT(EffectsOfText("ALTER TABLE t CONVERT TABLE u TO PARTITION p"),
              ElementsAre("altered d.t", "altered d.u", "emptied d.u"));
  EXPECT_THAT(EffectsOfText("ALTER TABLE t ADD INDEX i (a)"), IsEmpty());
  EXPECT_THAT(EffectsOfText("CREATE INDEX i ON t (a)"), IsEmpty());
  EXPECT_THAT(EffectsOfText("DROP INDEX i ON t"), IsEmpty());
}

TEST(StatementEffects, DropOrReplaceDropsDatabase) {
  const auto drops = [](std::string_view text) {
    return DropsDatabase(schema::Classify(text, "d"));
  };
  EXPECT_TRUE(drops("DROP DATABASE x"));
  EXPECT_TRUE(drops("CREATE OR REPLACE DATABASE x"));
  EXPECT_FALSE(drops("CREATE DATABASE x"));
  EXPECT_FALSE(drops("ALTER DATABASE x CHARACTER SET utf8mb4"));
  EXPECT_FALSE(drops("DROP TABLE x"));
}

TableCoverage Complete(uint64_t begin) { return {.begin = {begin}, .complete = true}; }
TableCoverage BeingRead(uint64_t begin) { return {.begin = {begin}, .complete = false}; }
TableCoverage Invalid(TableCoverage coverage, std::string_view why) {
  coverage.invalid_reason = why;
  return coverage;
}

TEST(StatementEffects, EmptiedTableIsCoveredFromStatement) {
  const auto emptied = [](const std::optional<TableCoverage>& before) {
    return AfterStatement(TableEffect::kEmptied, before, {9});
  };
  EXPECT_EQ(emptied(std::nullopt), Complete(9));
  EXPECT_EQ(emptied(Complete(3)), Complete(9));
  EXPECT_EQ(emptied(Invalid(Complete(3), "x")), Complete(9));
  EXPECT_EQ(emptied(Invalid(BeingRead(3), "x")), Complete(9));
  EXPECT_EQ(emptied(BeingRead(3)), BeingRead(9));
}

TEST(StatementEffects, UnseenRowsAreNotCovered) {
  for (const auto& before :
       {std::optional<TableCoverage>(), std::optional(Complete(3)), std::optional(BeingRead(3))}) {
    EXPECT_EQ(AfterStatement(TableEffect::kUnseenRows, before, {9}),
              Invalid(BeingRead(9), "renamed"));
  }
}

TEST(StatementEffects, AlterInvalidatesTableBeingRead) {
  const auto altered = [](const std::optional<TableCoverage>& before) {
    return AfterStatement(TableEffect::kAltered, before, {9});
  };
  EXPECT_EQ(altered(std::nullopt), std::nullopt);
  EXPECT_EQ(altered(Complete(3)), Invalid(Complete(3), "altered"));
  EXPECT_EQ(altered(Invalid(Complete(3), "x")), Invalid(Complete(3), "x"));
  EXPECT_EQ(altered(BeingRead(3)), Invalid(BeingRead(3), "altered"));
}

}  // namespace
}  // namespace millrace::coverage
