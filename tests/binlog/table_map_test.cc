// SPDX-License-Identifier: Apache-2.0

#include "binlog/table_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using Type = ColumnType;

class TableMapTest : public ::testing::Test {
 protected:
  // Parses a captured event, which must be valid.
  const TableMap& Parse(std::string_view hex, Flavour flavour = Flavour::kMysql) {
    event_.emplace(hex, flavour);
    auto map = ParseTableMap((*event_)->body, flavour);
    EXPECT_TRUE(map.ok()) << map.status();
    map_ = map.ok() ? std::move(*map) : TableMap();
    return map_;
  }

  template <typename Member>
  auto Each(Member member) const {
    std::vector<std::decay_t<decltype(map_.columns[0].*member)>> values;
    for (const ColumnMap& column : map_.columns) values.push_back(column.*member);
    return values;
  }
  const ColumnMap& Column(std::string_view name) const {
    for (const ColumnMap& column : map_.columns) {
      if (column.name == name) return column;
    }
    ADD_FAILURE() << "no column " << name;
    return map_.columns.front();
  }

  std::optional<SampleEvent> event_;
  TableMap map_;
};

TEST_F(TableMapTest, HasIdNamesAndNullability) {
  const TableMap& map = Parse(captured::kMysqlSmallMap);
  EXPECT_EQ(map.id, 0x58u);
  EXPECT_EQ(map.flags, 1);
  EXPECT_EQ(map.database, "b");
  EXPECT_EQ(map.table, "small");
  EXPECT_THAT(Each(&ColumnMap::type), ElementsAre(Type::kLong, Type::kVarchar));
  EXPECT_THAT(Each(&ColumnMap::nullable), ElementsAre(false, true));
  EXPECT_THAT(Each(&ColumnMap::name), ElementsAre("id", "name"));
  EXPECT_EQ(*ParseTableMapId((*event_)->body), 0x58u);
}

TEST_F(TableMapTest, FullMetadataHasEverything) {
  const TableMap& map = Parse(captured::kMysqlSmallMap);
  EXPECT_TRUE(map.has_signedness && map.has_names && map.has_collations && map.has_labels);
  EXPECT_TRUE(map.has_primary_key && map.has_visibility);
  EXPECT_THAT(Each(&ColumnMap::key_ordinal), ElementsAre(1, 0));
}

TEST_F(TableMapTest, MinimalMetadataHasOnlySignsAndCollations) {
  const TableMap& map = Parse(captured::kMysqlSmallMapMinimal);
  EXPECT_TRUE(map.has_signedness && map.has_collations);
  EXPECT_FALSE(map.has_names || map.has_primary_key || map.has_visibility);
  EXPECT_EQ(map.columns[1].collation, 255u);
}

TEST_F(TableMapTest, MariadbNoLogHasNoMetadata) {
  const TableMap& map = Parse(captured::kMariadbMapNoLog, Flavour::kMariadb);
  EXPECT_TRUE(map.has_signedness) << "the table has no numbers";
  EXPECT_FALSE(map.has_names || map.has_collations || map.has_labels || map.has_primary_key);
}

// CREATE TABLE b.types: id INT UNSIGNED, ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, mi MEDIUMINT
// UNSIGNED, bi BIGINT, bu BIGINT UNSIGNED, f FLOAT, d DOUBLE UNSIGNED, de DECIMAL(20, 5) UNSIGNED,
// y YEAR, bt BIT(13), c CHAR(10), cl CHAR(3) latin1, c255 CHAR(255), vc VARCHAR(20) latin1, vb
// VARBINARY(30), bn BINARY(5), tx TEXT, bl BLOB, lb LONGBLOB, mt MEDIUMTEXT latin1, tt TINYTEXT, e
// ENUM('red', 'gr,een'), s SET('a', 'b', 'c') latin1, da DATE, ti2 TIME(3), dt DATETIME(6), ts
// TIMESTAMP(2), j JSON, g GEOMETRY, p POINT, v VECTOR(3), inv INT INVISIBLE, in utf8mb4
TEST_F(TableMapTest, EveryTypeHasItsMetadata) {
  Parse(captured::kMysqlTypesMap);
  const std::vector<std::pair<Type, int>> expected = {
      {Type::kLong, 0},       {Type::kTiny, 0},
      {Type::kTiny, 0},       {Type::kShort, 0},
      {Type::kInt24, 0},      {Type::kLongLong, 0},
      {Type::kLongLong, 0},   {Type::kFloat, 4},
      {Type::kDouble, 8},     {Type::kNewDecimal, 20 << 8 | 5},
      {Type::kYear, 0},       {Type::kBit, 13},
      {Type::kString, 40},    {Type::kString, 3},
      {Type::kString, 1020},  {Type::kVarchar, 20},
      {Type::kVarchar, 30},   {Type::kString, 5},
      {Type::kBlob, 2},       {Type::kBlob, 2},
      {Type::kBlob, 4},       {Type::kBlob, 3},
      {Type::kBlob, 1},       {Type::kEnum, 1},
      {Type::kSet, 1},        {Type::kDate, 0},
      {Type::kTime2, 3},      {Type::kDateTime2, 6},
      {Type::kTimestamp2, 2}, {Type::kJson, 4},
      {Type::kGeometry, 4},   {Type::kGeometry, 4},
      {Type::kVector, 4},     {Type::kLong, 0},
  };
  std::vector<std::pair<Type, int>> actual;
  for (const ColumnMap& column : map_.columns) actual.emplace_back(column.type, column.metadata);
  EXPECT_THAT(actual, ElementsAreArray(expected));
}

TEST_F(TableMapTest, SignednessCoversYearButNotBit) {
  Parse(captured::kMysqlTypesMap);
  std::vector<std::string_view> unsigned_columns;
  for (const ColumnMap& column : map_.columns) {
    if (column.is_unsigned) unsigned_columns.push_back(column.name);
  }
  EXPECT_THAT(unsigned_columns, ElementsAre("id", "tu", "mi", "bu", "d", "de", "y"));
}

TEST_F(TableMapTest, CollationsBelongToCharacterColumns) {
  Parse(captured::kMysqlTypesMap);
  const std::map<std::string_view, uint32_t> expected = {
      {"c", 255}, {"cl", 8},  {"c255", 255}, {"vc", 8},   {"vb", 63}, {"bn", 63}, {"tx", 255},
      {"bl", 63}, {"lb", 63}, {"mt", 8},     {"tt", 255}, {"e", 255}, {"s", 8},   {"v", 63}};
  for (const ColumnMap& column : map_.columns) {
    const auto found = expected.find(column.name);
    EXPECT_EQ(column.collation, found == expected.end() ? 0 : found->second) << column.name;
  }
}

TEST_F(TableMapTest, LabelsBelongToEnumAndSet) {
  Parse(captured::kMysqlTypesMap);
  EXPECT_THAT(Column("e").labels, ElementsAre("red", "gr,een"));
  EXPECT_THAT(Column("s").labels, ElementsAre("a", "b", "c"));
}

TEST_F(TableMapTest, GeometryVectorAndVisibilityAreParsed) {
  Parse(captured::kMysqlTypesMap);
  EXPECT_EQ(Column("g").geometry_type, 0);
  EXPECT_EQ(Column("p").geometry_type, 1);
  EXPECT_EQ(Column("v").vector_dimension, 3u);
  EXPECT_FALSE(Column("inv").visible);
  EXPECT_TRUE(Column("v").visible);
}

TEST_F(TableMapTest, PrefixKeyKeepsItsOrder) {
  Parse(captured::kMysqlPrefixKeyMap);
  EXPECT_TRUE(map_.has_primary_key);
  EXPECT_EQ(Column("k").key_ordinal, 1u);
  EXPECT_EQ(Column("a").key_ordinal, 2u);
  EXPECT_EQ(Column("b").key_ordinal, 3u);
}

// a VARCHAR latin1, b, c utf8mb4_bin, d, e ENUM latin1, f SET, g ENUM, h VARCHAR
TEST_F(TableMapTest, OneDefaultCollationWithExceptions) {
  const TableMap& map = Parse(captured::kMysqlCharsetsMap);
  EXPECT_TRUE(map.has_collations && map.has_labels);
  EXPECT_THAT(Each(&ColumnMap::collation), ElementsAre(8, 255, 46, 255, 8, 255, 255, 255));
  EXPECT_THAT(Column("f").labels, ElementsAre("b"));
  EXPECT_THAT(Column("g").labels, ElementsAre("x"));
}

// id INT, g GEOMETRY, a VARCHAR, x INT, h GEOMETRY, b VARCHAR latin1, c, d, e: strings
TEST_F(TableMapTest, GeometryCountsAsCharacterColumnInMariadbOnly) {
  Parse(captured::kMysqlGeometryMap);
  EXPECT_THAT(Each(&ColumnMap::collation), ElementsAre(0, 0, 255, 0, 0, 8, 255, 255, 255));
  Parse(captured::kMariadbGeometryMap, Flavour::kMariadb);
  EXPECT_THAT(Each(&ColumnMap::collation), ElementsAre(0, 63, 45, 0, 63, 8, 45, 45, 45));
}

TEST_F(TableMapTest, MariadbsTypesHaveTheirMetadata) {
  Parse(captured::kMariadbTypesMap, Flavour::kMariadb);
  EXPECT_EQ(map_.columns.size(), 39u);
  EXPECT_EQ(Column("j").type, Type::kBlob);
  EXPECT_EQ(Column("j").collation, 46u);
  EXPECT_EQ(Column("u").type, Type::kString);
  EXPECT_EQ(Column("u").metadata, 16);
  EXPECT_EQ(Column("i4").metadata, 4);
  EXPECT_EQ(Column("cb").type, Type::kBlobCompressed);
  EXPECT_EQ(Column("cb").metadata, 2);
  EXPECT_EQ(Column("cv").type, Type::kVarcharCompressed);
  EXPECT_EQ(Column("cv").metadata, 401);
  EXPECT_EQ(Column("ct").collation, 8u);
  EXPECT_FALSE(map_.has_visibility);
}

TEST_F(TableMapTest, OldTemporalTypesHaveNoMetadata) {
  Parse(captured::kMariadbOldTemporalMap, Flavour::kMariadb);
  EXPECT_THAT(Each(&ColumnMap::type),
              ElementsAre(Type::kLong, Type::kTimeOld, Type::kDateTimeOld, Type::kTimestampOld));
}

// A table map with these columns, all NOT NULL, and this optional metadata.
std::string BodyOf(std::string_view types, std::string_view metadata,
                   std::string_view optional = {}) {
  std::string body = FromHex(
      "010000000000"
      "0100"
      "016400"
      "017400");
  body.push_back(static_cast<char>(types.size() / 2));
  body += FromHex(types);
  body.push_back(static_cast<char>(metadata.size() / 2));
  body += FromHex(metadata);
  body.append((types.size() / 2 + 7) / 8, '\0');
  return body + FromHex(optional);
}

absl::StatusOr<TableMap> ParseBody(const std::string& body) {
  return ParseTableMap(body, Flavour::kMysql);
}

TEST(TableMaps, UnknownTypeNamesTheColumn) {
  const auto map = ParseBody(BodyOf("0315f5", "04"));
  EXPECT_EQ(ErrorReason(map.status()), "COLUMN_TYPE_UNKNOWN");
  EXPECT_EQ(ErrorMetadataOf(map.status())["column"], "2");
  EXPECT_EQ(ErrorMetadataOf(map.status())["type"], "21");
}

// MySQL 8.0.17 and 8.0.18 list the hidden column of a multi-valued index.
TEST(TableMaps, TypedArrayMetadataIsSkipped) {
  const auto map = ParseBody(BodyOf("14141414140f", "080f0a0000f60a021203fefe280a00"));
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->columns[1].metadata, static_cast<int>(Type::kVarchar));
  EXPECT_EQ(map->columns[5].type, Type::kVarchar);
  EXPECT_EQ(map->columns[5].metadata, 10);
}

TEST(TableMaps, UnknownOptionalMetadataIsSkipped) {
  const auto map = ParseBody(BodyOf("03", "",
                                    "c8020102"
                                    "010180"));
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_TRUE(map->columns[0].is_unsigned);
}

TEST(TableMaps, TooManyColumnsAreRejected) {
  std::string body = FromHex(
      "0100000000000100016400017400"
      "fc0110");
  body.append(4097, '\3').append(1, '\0').append(513, '\0');
  EXPECT_EQ(ErrorReason(ParseBody(body).status()), "EVENT_TRUNCATED");
}

struct Hostile {
  std::string_view what;
  std::string_view types;
  std::string_view metadata;
  std::string_view optional = {};
};
class HostileTableMap : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileTableMap, IsRejected) {
  const Hostile& hostile = GetParam();
  const auto map = ParseBody(BodyOf(hostile.types, hostile.metadata, hostile.optional));
  EXPECT_EQ(ErrorReason(map.status()), "EVENT_TRUNCATED") << hostile.what;
}

INSTANTIATE_TEST_SUITE_P(
    Types, HostileTableMap,
    ::testing::Values(
        Hostile{"metadata missing", "0f", "14"}, Hostile{"metadata left over", "0f", "140000"},
        Hostile{"float of five bytes", "04", "05"},
        Hostile{"blob with five length bytes", "fc", "05"},
        Hostile{"blob without length bytes", "fc", "00"}, Hostile{"seven digits", "12", "07"},
        Hostile{"no bits", "10", "0000"}, Hostile{"65 bits", "10", "0108"},
        Hostile{"eight bits over", "10", "0800"}, Hostile{"precision 66", "f6", "4200"},
        Hostile{"no precision", "f6", "0000"}, Hostile{"scale beyond precision", "f6", "0506"},
        Hostile{"enum of three bytes", "fe", "f703"}, Hostile{"set of nine bytes", "fe", "f809"},
        Hostile{"integer in a string's place", "fe", "0305"}));

INSTANTIATE_TEST_SUITE_P(
    Optional, HostileTableMap,
    ::testing::Values(Hostile{"signs of nine columns for one", "03", "", "01028000"},
                      Hostile{"signs without bits", "03", "", "0100"},
                      Hostile{"name missing", "0303", "", "04020161"},
                      Hostile{"name left over", "03", "", "040401610162"},
                      Hostile{"name beyond its metadata", "03", "", "0402ff61"},
                      Hostile{"kind twice", "03", "", "0402016104020162"},
                      Hostile{"both forms of a key", "03", "", "08010009020000"},
                      Hostile{"key of a missing column", "03", "", "080101"},
                      Hostile{"column twice in the key", "0303", "", "08020000"},
                      Hostile{"exception of a missing column", "0f", "1400", "020308012d"},
                      Hostile{"exception without collation", "0f", "1400", "02020800"},
                      Hostile{"collation of no column", "03", "", "030108"},
                      Hostile{"more labels than bytes", "fe", "f701", "0604fdffffff"},
                      Hostile{"65 labels of a set", "fe", "f808", "050141"},
                      Hostile{"dimension beyond 32 bits", "f2", "04", "0d09fe0000000001000000"},
                      Hostile{"metadata beyond the event", "03", "", "04ff"},
                      Hostile{"kind without length", "03", "", "04"}));

TEST(TableMaps, IdNeedsSixBytes) {
  EXPECT_EQ(ErrorReason(ParseTableMapId("12345").status()), "EVENT_TRUNCATED");
}

}  // namespace
}  // namespace millrace::binlog
