// SPDX-License-Identifier: Apache-2.0

#include "schema/field_numbers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schema/table_fixture.h"

namespace millrace::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(FieldNumbers, FirstVersionCountsColumnsFromOne) {
  RegistryFixture registry;
  const auto table = registry.Resolve(Map({Int("id"), Varchar("name")}));
  EXPECT_EQ(table->version, 1u);
  EXPECT_EQ(NumberOf(*table, "id"), 1u);
  EXPECT_EQ(NumberOf(*table, "name"), 2u);
  EXPECT_EQ(table->next_field_number, 3u);
}

TEST(FieldNumbers, SameDefinitionIsTheSameVersion) {
  RegistryFixture registry;
  const auto map = Map({Int("id"), Enum("e", {"a", "b"})});
  EXPECT_EQ(registry.Resolve(map), registry.Resolve(map));
}

TEST(FieldNumbers, AddedColumnTakesTheNextNumber) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  const auto table = registry.Resolve(Map({Int("a"), Int("new"), Int("b")}));
  EXPECT_EQ(table->version, 2u);
  EXPECT_EQ(NumberOf(*table, "new"), 3u);
  EXPECT_EQ(NumberOf(*table, "b"), 2u);
}

TEST(FieldNumbers, ReorderedColumnsKeepTheirNumbers) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  const auto table = registry.Resolve(Map({Int("b"), Int("a")}));
  EXPECT_EQ(NumberOf(*table, "a"), 1u);
  EXPECT_EQ(NumberOf(*table, "b"), 2u);
}

TEST(FieldNumbers, DroppedColumnKeepsItsNumber) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  registry.Resolve(Map({Int("a")}));
  const auto table = registry.Resolve(Map({Int("a"), Int("c")}));
  EXPECT_EQ(NumberOf(*table, "c"), 3u);
  EXPECT_THAT(Dropped(*table), ElementsAre(Pair(2, "b")));
}

TEST(FieldNumbers, ReaddedColumnOfCompatibleTypeRegainsItsNumber) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  registry.Resolve(Map({Int("a")}));
  const auto table = registry.Resolve(Map({Int("a"), BigInt("b")}));
  EXPECT_EQ(NumberOf(*table, "b"), 2u);
  EXPECT_EQ(ColumnOf(*table, "b").field_name, "b");
  EXPECT_EQ(ColumnOf(*table, "b").field_type, FieldType::kInt64);
  EXPECT_THAT(table->dropped_columns, IsEmpty());
}

TEST(FieldNumbers, ReaddedColumnOfAnotherTypeGetsNewNumber) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  registry.Resolve(Map({Int("a")}));
  const auto table = registry.Resolve(Map({Int("a"), Varchar("b")}));
  EXPECT_EQ(NumberOf(*table, "b"), 3u);
  EXPECT_EQ(ColumnOf(*table, "b").field_name, "b");
  EXPECT_THAT(Dropped(*table), ElementsAre(Pair(2, "b_2")));
}

TEST(FieldNumbers, RestoredTypeRegainsItsField) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  registry.Resolve(Map({Varchar("a")}));
  const auto table = registry.Resolve(Map({Int("a")}));
  EXPECT_EQ(NumberOf(*table, "a"), 1u);
  EXPECT_EQ(ColumnOf(*table, "a").field_name, "a");
  EXPECT_THAT(Dropped(*table), ElementsAre(Pair(2, "a_2")));
}

TEST(FieldNumbers, NarrowedColumnKeepsWiderField) {
  RegistryFixture registry;
  registry.Resolve(Map({BigInt("a")}));
  const auto table = registry.Resolve(Map({Int("a")}));
  EXPECT_EQ(NumberOf(*table, "a"), 1u);
  EXPECT_EQ(ColumnOf(*table, "a").field_type, FieldType::kInt64);
  EXPECT_EQ(ColumnOf(*table, "a").type, ColumnType::kLong);
}

TEST(FieldNumbers, OnlyWireCompatibleTypesKeepTheirField) {
  using enum FieldType;
  EXPECT_EQ(ContinuedType(kInt32, kInt64), kInt64);
  EXPECT_EQ(ContinuedType(kUint32, kUint64), kUint64);
  EXPECT_EQ(ContinuedType(kUint32, kInt64), kInt64);
  EXPECT_EQ(ContinuedType(kInt64, kUint32), kInt64);
  EXPECT_EQ(ContinuedType(kString, kString), kString);
  for (const auto& [old_type, wanted] :
       std::vector<std::pair<FieldType, FieldType>>{{kInt32, kUint32},
                                                    {kUint32, kInt32},
                                                    {kInt32, kUint64},
                                                    {kInt64, kUint64},
                                                    {kUint64, kInt64},
                                                    {kString, kBytes},
                                                    {kFloat, kDouble},
                                                    {kInt32, kString},
                                                    {kTimestamp, kString},
                                                    {kGeometry, kBytes},
                                                    {kUint64, kInt32}}) {
    EXPECT_EQ(ContinuedType(old_type, wanted), std::nullopt);
  }
}

TEST(FieldNumbers, EnumOrDecimalToVarcharKeepsField) {
  RegistryFixture registry;
  registry.Resolve(Map({Enum("a", {"x"}), Of(ColumnType::kNewDecimal, "b", 10 << 8 | 2)}));
  const auto table = registry.Resolve(Map({Varchar("a"), Varchar("b")}));
  EXPECT_EQ(NumberOf(*table, "a"), 1u);
  EXPECT_EQ(NumberOf(*table, "b"), 2u);
}

TEST(FieldNumbers, RangeReservedByProtobufIsSkipped) {
  RegistryFixture registry;
  TableVersion before = *registry.Resolve(Map({Int("a")}));
  before.next_field_number = 18'999;
  TableVersion next = before;
  next.columns.resize(3, next.columns.front());
  for (int i = 0; i < 3; ++i) {
    next.columns[i].name = "c" + std::to_string(i);
    next.columns[i].field_number = 0;
    next.columns[i].field_name.clear();
  }
  AssignFields(&before, next);
  EXPECT_EQ(NumberOf(next, "c0"), 18'999u);
  EXPECT_EQ(NumberOf(next, "c1"), 20'000u);
  EXPECT_EQ(NumberOf(next, "c2"), 20'001u);
}

TEST(FieldNumbers, ChangeOfCaseKeepsNumberAndFieldName) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("Price")}));
  const auto table = registry.Resolve(Map({Int("PRICE")}));
  EXPECT_EQ(table->columns[0].field_number, 1u);
  EXPECT_EQ(table->columns[0].field_name, "Price");
  EXPECT_EQ(table->columns[0].name, "PRICE");
  EXPECT_THAT(table->dropped_columns, IsEmpty());
}

TEST(FieldNumbers, RenamedColumnKeepsItsNumber) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Varchar("b")}));
  registry->RenameColumns({"s", "t"}, {{"A", "c"}});
  const auto table = registry.Resolve(Map({Int("c"), Varchar("b")}));
  EXPECT_EQ(table->version, 2u);
  EXPECT_EQ(NumberOf(*table, "c"), 1u);
  EXPECT_EQ(ColumnOf(*table, "c").field_name, "c");
  EXPECT_THAT(table->dropped_columns, IsEmpty());
}

TEST(FieldNumbers, SwappedNamesSwapNumbers) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  registry->RenameColumns({"s", "t"}, {{"a", "b"}, {"b", "a"}});
  const auto table = registry.Resolve(Map({Int("b"), Int("a")}));
  EXPECT_EQ(table->version, 2u);
  EXPECT_EQ(NumberOf(*table, "b"), 1u);
  EXPECT_EQ(NumberOf(*table, "a"), 2u);
  EXPECT_EQ(ColumnOf(*table, "b").field_name, "b");
}

TEST(FieldNumbers, RenameReplacesDroppedNamesake) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b")}));
  registry->RenameColumns({"s", "t"}, {{"a", "b"}});  // DROP b, RENAME COLUMN a TO b
  const auto table = registry.Resolve(Map({Int("b")}));
  EXPECT_EQ(NumberOf(*table, "b"), 1u);
  EXPECT_THAT(Dropped(*table), ElementsAre(Pair(2, "b_2")));
}

TEST(FieldNumbers, InvalidRenamesAreIgnored) {
  RegistryFixture registry;
  const auto before = registry.Resolve(Map({Int("a")}));
  registry->RenameColumns({"s", "t"}, {{"x", "y"}, {"a", ""}, {"a", "\xff"}});
  registry->RenameColumns({"s", "unknown"}, {{"a", "b"}});
  EXPECT_EQ(registry.Resolve(Map({Int("a")})), before);
}

TEST(FieldNumbers, NamesThatClashInProtocGetASuffix) {
  RegistryFixture registry;
  const auto table = registry.Resolve(Map({Int("foo_bar"), Int("fooBar"), Int("foo-bar")}));
  EXPECT_EQ(table->columns[0].field_name, "foo_bar");
  EXPECT_EQ(table->columns[1].field_name, "fooBar_2");
  EXPECT_EQ(table->columns[2].field_name, "foo_bar_3");
}

// The message of table `t` is named `t` too.
TEST(FieldNumbers, FieldNamesInvalidInCppGetASuffix) {
  RegistryFixture registry;
  const auto table =
      registry.Resolve(Map({Int("email"), Int("has_email"), Int("Clear_Email"), Int("t"),
                            Int("descriptor"), Int("Concept"), Int("class"), Int("set_email")}));
  std::vector<std::string> names;
  for (const Column& column : table->columns) names.push_back(column.field_name);
  EXPECT_THAT(names, ElementsAre("email", "has_email_2", "Clear_Email_3", "t_4", "descriptor_5",
                                 "Concept_6", "class", "set_email"));
}

TEST(FieldNumbers, AddedColumnDoesNotRenameOlderFields) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("has_email")}));
  const auto table = registry.Resolve(Map({Int("has_email"), Int("email")}));
  EXPECT_EQ(ColumnOf(*table, "has_email").field_name, "has_email");
  EXPECT_EQ(ColumnOf(*table, "email").field_name, "email_2");
}

TEST(FieldNumbers, DuplicateColumnNamesGetSeparateFields) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  const auto table = registry.Resolve(Map({Int("a"), Int("A"), Int("a")}));
  EXPECT_EQ(table->columns[0].field_number, 1u);
  EXPECT_EQ(table->columns[1].field_number, 2u);
  EXPECT_EQ(table->columns[2].field_number, 3u);
}

TEST(FieldNumbers, ExcludedColumnHasNoFieldUntilReadmitted) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("secret")}));
  registry->SetColumnFilter(
      [](const TableName&, std::string_view column) { return column != "secret"; });
  const auto without = registry.Resolve(Map({Int("a"), Int("secret")}));
  EXPECT_FALSE(ColumnOf(*without, "secret").captured);
  EXPECT_EQ(NumberOf(*without, "secret"), 0u);
  EXPECT_THAT(Dropped(*without), ElementsAre(Pair(2, "secret")));
  registry->SetColumnFilter(nullptr);
  EXPECT_EQ(NumberOf(*registry.Resolve(Map({Int("a"), Int("secret")})), "secret"), 2u);
}

TEST(FieldNumbers, HiddenColumnsOfIndexesAreNotCaptured) {
  RegistryFixture registry;
  const auto table =
      registry.Resolve(Map({Int("a"), Of(ColumnType::kTypedArray, "!hidden!i!0!0"), Int("b")}));
  EXPECT_FALSE(table->columns[1].captured);
  EXPECT_EQ(NumberOf(*table, "b"), 2u);
}

}  // namespace
}  // namespace millrace::schema
