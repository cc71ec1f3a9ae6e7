// SPDX-License-Identifier: Apache-2.0

#include "schema/definition.h"

#include "absl/strings/escaping.h"
#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schema/table_fixture.h"

namespace millrace::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A TABLE_MAP under binlog_row_metadata=MINIMAL, with columns whose length, digits, bits or labels
// are compared with the details.
binlog::TableMap Nameless() {
  return Minimal(Map({Int("id"), Varchar("name", 80), Enum("e", {"x", "y"}),
                      Of(ColumnType::kNewDecimal, "d", 10 << 8 | 2),
                      Of(ColumnType::kDateTime2, "at", 6), Of(ColumnType::kBit, "b", 5)}));
}

TableDetails Fitting() {
  TableDetails details =
      Details({Detail("id", "int", "int"), Detail("name", "varchar", "varchar(20)", "utf8mb4", 255),
               Detail("e", "enum", "enum('x','y')", "utf8mb4", 255),
               Detail("d", "decimal", "decimal(10,2)"), Detail("at", "datetime", "datetime(6)"),
               Detail("b", "bit", "bit(5)")});
  details.columns[2].labels = {"x", "y"};
  details.columns[0].key_ordinal = 1;
  return details;
}

absl::Status ResolveStatus(const binlog::TableMap& map, const TableDetails* details) {
  RegistryFixture registry;
  return registry->Resolve(map, details).status();
}

// The error of Resolve for details with column `i` replaced; empty if it is not SCHEMA_UNPROVEN.
std::string Refusal(size_t i, const ColumnDetails& changed) {
  TableDetails details = Fitting();
  details.columns[i] = changed;
  const absl::Status status = ResolveStatus(Nameless(), &details);
  return ErrorReason(status) == "SCHEMA_UNPROVEN" ? std::string(status.message()) : "";
}

std::string TextOf(const binlog::ColumnMap& column, Flavour flavour = Flavour::kMysql) {
  RegistryFixture registry(flavour);
  return registry.Resolve(Map({column}))->columns[0].mysql_type;
}

FieldType FieldOf(const binlog::ColumnMap& column, Flavour flavour = Flavour::kMysql) {
  RegistryFixture registry(flavour);
  return registry.Resolve(Map({column}))->columns[0].field_type;
}

TEST(Definition, FullMetadataNeedsNoDetails) {
  RegistryFixture registry;
  const auto map = Map({Int("id"), Varchar("v"), Enum("e", {"a"})});
  EXPECT_FALSE(registry->NeedsDetails(map));
  EXPECT_TRUE(registry->Resolve(map, nullptr).ok());
}

TEST(Definition, DetailsSupplyMissingNames) {
  RegistryFixture registry;
  const TableDetails details = Fitting();
  EXPECT_TRUE(registry->NeedsDetails(Nameless()));
  const auto table = registry.Resolve(Nameless(), &details);
  EXPECT_EQ(table->columns[1].name, "name");
  EXPECT_EQ(table->columns[0].key_ordinal, 1u);
  EXPECT_THAT(ColumnOf(*table, "e").labels, ElementsAre("x", "y"));
  EXPECT_EQ(ColumnOf(*table, "d").mysql_type, "decimal(10,2)");
}

TEST(Definition, NamelessMapWithoutDetailsIsUnproven) {
  const absl::Status status = ResolveStatus(Nameless(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "SCHEMA_UNPROVEN");
  EXPECT_EQ(ErrorMetadataOf(status).at("table"), "s.t");
  EXPECT_THAT(status.message(), HasSubstr("SET GLOBAL binlog_row_metadata = FULL"));
}

TEST(Definition, DetailsWithAnotherNumberOfColumnsAreRefused) {
  TableDetails details = Fitting();
  details.columns.pop_back();
  EXPECT_THAT(ResolveStatus(Nameless(), &details).message(),
              HasSubstr("has 6 of them, information_schema has 5 now"));
}

TEST(Definition, DetailsOfDifferentTypeAreRefused) {
  EXPECT_THAT(Refusal(0, Detail("id", "bigint", "bigint")), HasSubstr("column 1 ('id'"));
  EXPECT_NE(Refusal(0, Detail("id", "int", "int unsigned")), "");
  EXPECT_NE(Refusal(1, Detail("name", "varchar", "varchar(21)", "utf8mb4", 255)), "");
  EXPECT_NE(Refusal(1, Detail("name", "char", "char(20)", "utf8mb4", 255)), "");
  EXPECT_NE(Refusal(1, Detail("name", "varchar", "varchar(80)", "latin1", 8)), "");
  EXPECT_NE(Refusal(3, Detail("d", "decimal", "decimal(10,3)")), "");
  EXPECT_NE(Refusal(4, Detail("at", "datetime", "datetime")), "");
  EXPECT_NE(Refusal(5, Detail("b", "bit", "bit(6)")), "");
  EXPECT_EQ(Refusal(5, Detail("renamed", "bit", "bit(5)")), "");
}

TEST(Definition, TooManyLabelsForValueSizeAreRefused) {
  ColumnDetails details = Detail("e", "enum", "enum(…)", "utf8mb4", 255);
  details.labels.resize(255, "x");
  EXPECT_EQ(Refusal(2, details), "");
  details.labels.resize(256, "x");
  EXPECT_NE(Refusal(2, details), "");
}

TEST(Definition, DetailsThatDifferInNullabilityAreRefused) {
  ColumnDetails details = Detail("id", "int", "int");
  details.nullable = false;
  EXPECT_NE(Refusal(0, details), "");
}

TEST(Definition, NamelessMapReusesNamesOfPreviousVersion) {
  RegistryFixture registry;
  const auto named = Map({Int("a"), Enum("e", {"x"})});
  const auto version = registry.Resolve(named);
  EXPECT_FALSE(registry->NeedsDetails(Minimal(named)));
  EXPECT_EQ(registry.Resolve(Minimal(named)), version);
}

TEST(Definition, StatementMakesNamelessMapUnverified) {
  RegistryFixture registry;
  const auto map = Minimal(Map({Int("a"), Int("b")}));
  const TableDetails before = Details({Detail("a", "int", "int"), Detail("b", "int", "int")});
  registry.Resolve(map, &before);
  registry->MarkUnverified({"s", "t"});
  EXPECT_TRUE(registry->NeedsDetails(map));
  const TableDetails swapped = Details({Detail("b", "int", "int"), Detail("a", "int", "int")});
  const auto table = registry.Resolve(map, &swapped);
  EXPECT_EQ(table->columns[0].name, "b");
  EXPECT_EQ(table->columns[0].field_number, 2u);
  EXPECT_FALSE(registry->NeedsDetails(map));
}

TEST(Definition, LaterDetailsAloneDoNotChangeVersion) {
  RegistryFixture registry;
  const auto map = Minimal(Map({Int("a"), Int("b")}));
  const TableDetails now = Details({Detail("a", "int", "int"), Detail("b", "int", "int")});
  const auto version = registry.Resolve(map, &now);
  const TableDetails later = Details({Detail("b", "int", "int"), Detail("a", "int", "int")});
  EXPECT_EQ(registry.Resolve(map, &later), version);
}

TEST(Definition, UnverifiedStateSurvivesRestart) {
  RegistryFixture registry;
  const auto map = Minimal(Map({Int("a")}));
  const TableDetails details = Details({Detail("a", "int", "int")});
  registry.Resolve(map, &details);
  registry.Store();
  registry.Reopen();
  EXPECT_FALSE(registry->NeedsDetails(map));
  registry->MarkAllUnverified();
  registry.Store();
  registry.Reopen();
  EXPECT_TRUE(registry->NeedsDetails(map));
}

TEST(Definition, DetailsSupplyMissingSign) {
  RegistryFixture registry(Flavour::kMariadb);
  auto map = Map({Int("a")});
  map.has_signedness = false;
  EXPECT_EQ(ErrorReason(registry->Resolve(map, nullptr).status()), "SCHEMA_UNPROVEN");
  const TableDetails details = Details({Detail("A", "int", "int(10) unsigned")});
  EXPECT_TRUE(registry.Resolve(map, &details)->columns[0].is_unsigned);
}

TEST(Definition, NamedMapUsesOnlyMatchingDetails) {
  RegistryFixture registry;
  const TableDetails details = Details(
      {Detail("b", "int", "int(11)"), Detail("a", "text", "text"), Detail("gone", "int", "int")});
  const auto table = registry.Resolve(Map({Int("a"), Int("b")}), &details);
  EXPECT_EQ(ColumnOf(*table, "a").mysql_type, "int");
  EXPECT_EQ(ColumnOf(*table, "b").mysql_type, "int(11)");
}

TEST(Definition, UnknownCollationErrorNamesItsId) {
  const absl::Status status = ResolveStatus(Map({Varchar("v", 80, 1500)}), nullptr);
  EXPECT_EQ(ErrorReason(status), "SCHEMA_UNPROVEN");
  EXPECT_EQ(ErrorMetadataOf(status).at("column"), "v");
  EXPECT_THAT(status.message(), HasSubstr("1500"));
}

TEST(Definition, DetailsSupplyCharsetOfUnknownCollation) {
  RegistryFixture registry;
  const TableDetails details = Details({Detail("v", "varchar", "varchar(20)", "utf8mb4", 1500)});
  const auto map = Map({Varchar("v", 80, 1500)});
  EXPECT_TRUE(registry->NeedsDetails(map));
  EXPECT_EQ(registry.Resolve(map, &details)->columns[0].charset, "utf8mb4");
  EXPECT_FALSE(registry->NeedsDetails(map));
}

TEST(Definition, LabelsAreConvertedToUtf8) {
  RegistryFixture registry;
  const auto table = registry.Resolve(Map({Enum("e", {"\xe4", "b"}, 8)}));  // latin1
  EXPECT_THAT(table->columns[0].labels, ElementsAre("ä", "b"));
}

TEST(Definition, NonTextLabelKeepsItsBytes) {
  RegistryFixture registry;
  const auto map = Map({Enum("e", {"\xff\xfe", "ok"})});
  TableDetails details = Details({Detail("e", "enum", "enum('? ?','ok')", "utf8mb4", 255)});
  details.columns[0].labels = {"? ?", "ok"};
  for (const TableDetails* used_details :
       {static_cast<const TableDetails*>(nullptr), static_cast<const TableDetails*>(&details)}) {
    const Column& column = registry.Resolve(map, used_details)->columns[0];
    EXPECT_THAT(column.labels, ElementsAre("\xef\xbf\xbd", "ok"));
    EXPECT_THAT(column.label_bytes, ElementsAre("\xff\xfe", "ok"));
  }
  EXPECT_FALSE(registry->NeedsDetails(map));
  const auto plain = registry.Resolve(Map({Enum("e", {"a", "ok"})}));
  EXPECT_THAT(plain->columns[0].label_bytes, testing::IsEmpty());
}

TEST(Definition, QuestionMarkFromInformationSchemaIsNotTrusted) {
  const auto status = [](const std::string& charset, uint32_t collation) {
    TableDetails details = Details({Detail("e", "enum", "enum('?')", charset, collation)});
    details.columns[0].labels = {"?"};
    return ResolveStatus(Minimal(Map({Enum("e", {"?"}, collation)})), &details);
  };
  EXPECT_EQ(ErrorReason(status("utf8mb4", 255)), "SCHEMA_UNPROVEN");
  EXPECT_THAT(status("utf8mb4", 255).message(), HasSubstr("shows a `?` in its labels"));
  EXPECT_EQ(ErrorReason(status("cp1251", 51)), "SCHEMA_UNPROVEN");
  EXPECT_EQ(ErrorReason(status("ascii", 11)), "SCHEMA_UNPROVEN");
  EXPECT_TRUE(status("latin1", 8).ok());
  EXPECT_TRUE(status("utf8mb3", 33).ok()) << "MySQL accepts no other bytes as a label";
}

TEST(Definition, NamesThatAreNotUtf8AreRefused) {
  EXPECT_EQ(ErrorReason(ResolveStatus(Map({Int("\xff")}), nullptr)), "SCHEMA_UNPROVEN");
  EXPECT_EQ(ErrorReason(ResolveStatus(Map({Int("a")}, "\xff"), nullptr)), "SCHEMA_UNPROVEN");
}

TEST(Definition, OnlyDetailsIdentifyMariadbUuidAndInet) {
  RegistryFixture registry(Flavour::kMariadb);
  const auto map =
      Map({Of(ColumnType::kString, "u", 16, 63), Of(ColumnType::kString, "i", 4, 63),
           Of(ColumnType::kString, "s", 16, 63), Of(ColumnType::kString, "b", 16, 63)});
  EXPECT_TRUE(registry->NeedsDetails(map));
  const TableDetails details =
      Details({Detail("u", "uuid", "uuid"), Detail("i", "inet4", "inet4"),
               Detail("s", "inet6", "inet6"), Detail("b", "binary", "binary(16)")});
  const auto table = registry.Resolve(map, &details);
  EXPECT_EQ(ColumnOf(*table, "u").meaning, Meaning::kMariadbUuid);
  EXPECT_EQ(ColumnOf(*table, "i").meaning, Meaning::kMariadbInet4);
  EXPECT_EQ(ColumnOf(*table, "s").meaning, Meaning::kMariadbInet6);
  EXPECT_EQ(ColumnOf(*table, "u").field_type, FieldType::kString);
  EXPECT_EQ(ColumnOf(*table, "b").field_type, FieldType::kBytes);
  EXPECT_FALSE(registry->NeedsDetails(map));
}

TEST(Definition, UnidentifiedUuidIsUnproven) {
  RegistryFixture registry(Flavour::kMariadb);
  const auto map = Map({Of(ColumnType::kString, "u", 16, 63)});
  const absl::Status status = registry->Resolve(map, nullptr).status();
  EXPECT_EQ(ErrorReason(status), "SCHEMA_UNPROVEN");
  EXPECT_EQ(ErrorMetadataOf(status).at("column"), "u");
  EXPECT_TRUE(registry->NeedsDetails(map));
  // The column has another type by now.
  const TableDetails details = Details({Detail("u", "int", "int")});
  EXPECT_EQ(ErrorReason(registry->Resolve(map, &details).status()), "SCHEMA_UNPROVEN");
}

TEST(Definition, DeclaredMeaningsOutrankDetails) {
  RegistryFixture registry(Flavour::kMariadb);
  const auto map = Map({Of(ColumnType::kString, "U", 16, 63)});
  const TableDetails binary = Details({Detail("U", "binary", "binary(16)")});
  registry->SetDeclaredMeanings({"s", "t"}, ColumnMeanings{{"u", Meaning::kMariadbUuid}});
  EXPECT_FALSE(registry->NeedsDetails(map));
  const auto table = registry.Resolve(map, &binary);
  EXPECT_EQ(table->columns[0].meaning, Meaning::kMariadbUuid);
  EXPECT_EQ(table->columns[0].mysql_type, "uuid");
  EXPECT_EQ(registry->KnownMeanings({"s", "t"}), (ColumnMeanings{{"u", Meaning::kMariadbUuid}}));
  registry->MarkUnverified({"s", "t"});
  EXPECT_EQ(registry->KnownMeanings({"s", "t"}), std::nullopt);
  EXPECT_EQ(registry.Resolve(map, &binary)->columns[0].meaning, Meaning::kPlain);
}

TEST(Definition, HiddenColumnsOfMariadbHaveNoField) {
  RegistryFixture registry(Flavour::kMariadb);
  auto map = Map({Int("id"), Of(ColumnType::kTimestamp2, "row_start", 6),
                  Of(ColumnType::kTimestamp2, "row_end", 6), BigInt("DB_ROW_HASH_1")});
  map.columns[1].nullable = map.columns[2].nullable = false;
  auto hidden = [](const std::string& name, const std::string& type, const std::string& text) {
    ColumnDetails column = Detail(name, type, text);
    column.hidden = true;
    column.row_end = name == "row_end";
    return column;
  };
  TableDetails details =
      Details({Detail("id", "int", "int"), hidden("row_start", "timestamp", "timestamp(6)"),
               hidden("row_end", "timestamp", "timestamp(6)"),
               hidden("DB_ROW_HASH_1", "bigint", "bigint")});
  details.columns[1].nullable = details.columns[2].nullable = false;
  const auto table = registry.Resolve(map, &details);
  for (size_t i = 1; i < 4; ++i) EXPECT_FALSE(table->columns[i].captured) << i;
  EXPECT_EQ(table->columns[3].meaning, Meaning::kMariadbHiddenHash);
}

TEST(Definition, BinaryAlteredToUuidGetsNewField) {
  RegistryFixture registry(Flavour::kMariadb);
  const auto map = Map({Of(ColumnType::kString, "u", 16, 63)});
  const TableDetails binary = Details({Detail("u", "binary", "binary(16)")});
  registry.Resolve(map, &binary);
  registry->MarkUnverified({"s", "t"});
  const TableDetails uuid = Details({Detail("u", "uuid", "uuid")});
  const auto table = registry.Resolve(map, &uuid);
  EXPECT_EQ(table->columns[0].field_type, FieldType::kString);
  EXPECT_EQ(table->columns[0].field_number, 2u);
}

TEST(Definition, BinaryOfMysqlNeedsNoDetails) {
  RegistryFixture registry;
  EXPECT_FALSE(registry->NeedsDetails(Map({Of(ColumnType::kString, "b", 16, 63)})));
}

TEST(Definition, OldDecimalMustBeExcluded) {
  const auto map = Map({Int("a"), Of(ColumnType::kDecimalOld, "d")});
  const absl::Status status = ResolveStatus(map, nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ErrorReason(status), "COLUMN_TYPE_UNKNOWN");
  RegistryFixture registry;
  registry->SetColumnFilter([](const TableName&, std::string_view name) { return name != "d"; });
  EXPECT_TRUE(registry->Resolve(map, nullptr).ok());
}

TEST(Definition, EachTypeHasItsField) {
  using enum FieldType;
  const std::vector<std::pair<ColumnType, FieldType>> plain = {
      {ColumnType::kTiny, kInt32},       {ColumnType::kInt24, kInt32},
      {ColumnType::kLongLong, kInt64},   {ColumnType::kFloat, kFloat},
      {ColumnType::kDouble, kDouble},    {ColumnType::kYear, kUint32},
      {ColumnType::kBit, kUint64},       {ColumnType::kNewDecimal, kString},
      {ColumnType::kDate, kString},      {ColumnType::kTime2, kString},
      {ColumnType::kDateTime2, kString}, {ColumnType::kTimestamp2, kTimestamp},
      {ColumnType::kJson, kString},      {ColumnType::kGeometry, kGeometry},
      {ColumnType::kVector, kVector},    {ColumnType::kTimestampOld, kTimestamp}};
  for (const auto& [type, field] : plain) EXPECT_EQ(FieldOf(Of(type, "c")), field);
  EXPECT_EQ(FieldOf(Int("c", true)), kUint32);
  EXPECT_EQ(FieldOf(BigInt("c", true)), kUint64);
  EXPECT_EQ(FieldOf(Of(ColumnType::kBlob, "c", 2, 63)), kBytes);
  EXPECT_EQ(FieldOf(Of(ColumnType::kBlob, "c", 2, 46)), kString);
  EXPECT_EQ(FieldOf(Of(ColumnType::kBlobCompressed, "c", 2, 63), Flavour::kMariadb), kBytes);
}

TEST(Definition, TypesAreWrittenAsMysqlPrintsThem) {
  EXPECT_EQ(TextOf(Int("c", true)), "int unsigned");
  EXPECT_EQ(TextOf(Varchar("c", 80, 255)), "varchar(20)");
  EXPECT_EQ(TextOf(Varchar("c", 80, 8)), "varchar(80)");
  EXPECT_EQ(TextOf(Varchar("c", 80, 63)), "varbinary(80)");
  EXPECT_EQ(TextOf(Of(ColumnType::kString, "c", 6, 35)), "char(3)");
  EXPECT_EQ(TextOf(Of(ColumnType::kNewDecimal, "c", 10 << 8 | 2)), "decimal(10,2)");
  EXPECT_EQ(TextOf(Of(ColumnType::kDateTime2, "c", 6)), "datetime(6)");
  EXPECT_EQ(TextOf(Of(ColumnType::kTimestamp2, "c", 0)), "timestamp");
  EXPECT_EQ(TextOf(Of(ColumnType::kBit, "c", 5)), "bit(5)");
  EXPECT_EQ(TextOf(Of(ColumnType::kBlob, "c", 1, 63)), "tinyblob");
  EXPECT_EQ(TextOf(Of(ColumnType::kBlob, "c", 4, 255)), "longtext");
  EXPECT_EQ(TextOf(Enum("c", {"it's", "b"})), "enum('it''s','b')");
  EXPECT_EQ(TextOf(Of(ColumnType::kVarcharCompressed, "c", 21, 8), Flavour::kMariadb),
            "varchar(20)");
}

TEST(Definition, GeometryAndVectorShowTheirSubtype) {
  binlog::ColumnMap point = Of(ColumnType::kGeometry, "g", 4);
  point.geometry_type = 1;
  EXPECT_EQ(TextOf(point), "point");
  point.geometry_type = 200;
  EXPECT_EQ(TextOf(point), "geometry");
  binlog::ColumnMap vector = Of(ColumnType::kVector, "v", 4);
  vector.vector_dimension = 3;
  EXPECT_EQ(TextOf(vector), "vector(3)");
}

// A TABLE_MAP that MariaDB 10.11 wrote for a table with its own types.
TEST(Definition, MariadbTableMapIsParsed) {
  std::string event;
  ASSERT_TRUE(absl::Base64Unescape(
      "chEDaxMBAAAAugAAALgEAAAAABIAAAAAAAEAAXMAAXQAFQP+/v7+/g+NjPz/EQMK9v7+EA0PjB3+EP4Q/gT+EP4E"
      "EAAVAAIEBAIFAfcB+AEBASgAA///HwEBMAILPwYICC4K/AAJCwgHAQEEOAFhAXUCaTYCaTQDYjE2AmI0AnZjAWMC"
      "YmwBagFwAnRzA2ludgFkAm5kAWUCc2UCYnQBeQF4Am10CgEIBQUCAWEBYgYFAgF4AXnrRm0C",
      &event));
  const std::string_view body = std::string_view(event).substr(19, event.size() - 23);
  const auto map = binlog::ParseTableMap(body, Flavour::kMariadb);
  ASSERT_TRUE(map.ok()) << map.status();
  RegistryFixture registry(Flavour::kMariadb);
  const TableDetails details = Details(
      {Detail("u", "uuid", "uuid"), Detail("i6", "inet6", "inet6"), Detail("i4", "inet4", "inet4"),
       Detail("b16", "binary", "binary(16)"), Detail("b4", "binary", "binary(4)")});
  const auto table = registry.Resolve(*map, &details);
  std::string texts;
  for (const Column& column : table->columns) texts += column.mysql_type + " ";
  EXPECT_EQ(
      texts,
      "int uuid inet6 inet4 binary(16) binary(4) varbinary(16) varchar(20) blob longtext point "
      "timestamp(2) int date decimal(5,1) unsigned enum('x','y') set('a','b') bit(9) year "
      "varchar(10) mediumtext ");
  EXPECT_FALSE(registry->NeedsDetails(*map));
}

TEST(Definition, VisibilityOrKeyChangeMakesNewVersion) {
  RegistryFixture registry;
  auto map = Map({Int("a")});
  map.has_visibility = true;
  registry.Resolve(map);
  map.columns[0].visible = false;
  map.columns[0].key_ordinal = 1;
  const auto table = registry.Resolve(map);
  EXPECT_EQ(table->version, 2u);
  EXPECT_TRUE(table->columns[0].invisible);
  EXPECT_EQ(table->columns[0].key_ordinal, 1u);
  EXPECT_EQ(table->columns[0].field_number, 1u);
}

}  // namespace
}  // namespace millrace::schema
