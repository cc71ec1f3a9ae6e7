// SPDX-License-Identifier: Apache-2.0

#include "millrace/row_text.h"

#include "client/fake_feed.h"
#include "client/table_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "millrace/row_types.h"

namespace millrace::client {
namespace {

using ::testing::ElementsAre;
using Type = google::protobuf::FieldDescriptorProto;

std::vector<std::string> Names(const std::vector<ColumnText>& columns) {
  std::vector<std::string> names;
  for (const ColumnText& column : columns) names.push_back(column.column);
  return names;
}

class RowTextTest : public ::testing::Test {
 protected:
  RowTextTest() : client_(*Client::Connect({.address = feed_.address()})) {}

  std::vector<ColumnText> Columns(const std::vector<FixtureColumn>& columns, const std::string& row,
                                  v1::Change change = {}) {
    const v1::Table table = MakeTable("shop", "things", columns);
    feed_.SetTable(table);
    RowTypes types(client_.get());
    const auto message = types.Unpack(MakeRow(table, row));
    return RowText(**message, change, RowSide::kAfter);
  }

  // The text of the only column, of `type`, in `row`.
  std::string Text(Type::Type type, const std::string& row, const std::string& message_type = "") {
    return Columns({{"c", 1, type, 0, message_type, false}}, row).front().text;
  }

  FakeFeed feed_;
  std::unique_ptr<Client> client_;
};

TEST_F(RowTextTest, ValuesAreReadable) {
  EXPECT_EQ(Text(Type::TYPE_STRING, R"(c: "Ada \"x\"")"), "Ada \"x\"");
  EXPECT_EQ(Text(Type::TYPE_BYTES, R"(c: "\x00\xff")"), "0x00ff");
  EXPECT_EQ(Text(Type::TYPE_INT64, "c: -9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Text(Type::TYPE_UINT64, "c: 18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Text(Type::TYPE_DOUBLE, "c: 0.1"), "0.1");
  EXPECT_EQ(Text(Type::TYPE_FLOAT, "c: 0.1"), "0.1");
}

TEST_F(RowTextTest, TimestampHasMicroseconds) {
  EXPECT_EQ(Text(Type::TYPE_MESSAGE, "c { seconds: 1900000000 nanos: 250000 }",
                 ".google.protobuf.Timestamp"),
            "2030-03-17T17:46:40.000250Z");
}

TEST_F(RowTextTest, EmptyTimestampIsZeroDate) {
  EXPECT_EQ(Text(Type::TYPE_MESSAGE, "c {}", ".google.protobuf.Timestamp"), "0000-00-00 00:00:00");
}

TEST_F(RowTextTest, GeometryAndVectorAreReadable) {
  EXPECT_EQ(Text(Type::TYPE_MESSAGE, R"(c { srid: 4326 wkb: "\x01" })", ".millrace.v1.Geometry"),
            "SRID=4326;0x01");
  EXPECT_EQ(Text(Type::TYPE_MESSAGE, "c { values: [1, 2.5] }", ".millrace.v1.Vector"), "[1, 2.5]");
}

TEST_F(RowTextTest, AbsentFieldIsNull) {
  const auto columns = Columns({{"c", 1}}, "");
  EXPECT_EQ(columns.front().state, ValueState::kNull);
  EXPECT_EQ(columns.front().text, "NULL");
}

TEST_F(RowTextTest, ColumnsHaveTableOrder) {
  EXPECT_THAT(Names(Columns({{"b", 2}, {"a", 9}, {"c", 1}}, R"(a: "1")")),
              ElementsAre("b", "a", "c"));
}

TEST_F(RowTextTest, DroppedColumnIsShownOnlyWithValue) {
  const FixtureColumn dropped = {"old", 1, Type::TYPE_STRING, 0, "", true};
  EXPECT_THAT(Names(Columns({dropped, {"c", 2}}, "")), ElementsAre("c"));
  EXPECT_THAT(Names(Columns({dropped, {"c", 2}}, R"(old: "x")")), ElementsAre("c", "old"));
}

TEST_F(RowTextTest, OmittedValueIsNotNull) {
  v1::Change change;
  change.add_after_unknown_fields(2);
  const auto columns = Columns({{"c", 1}, {"d", 2}}, "", change);
  EXPECT_EQ(columns[0].state, ValueState::kNull);
  EXPECT_EQ(columns[1].state, ValueState::kUnknown);
}

TEST_F(RowTextTest, OmittedDroppedColumnIsUnknown) {
  v1::Change change;
  change.add_after_unknown_fields(1);
  const auto columns = Columns({{"old", 1, Type::TYPE_STRING, 0, "", true}}, "", change);
  ASSERT_EQ(columns.size(), 1);
  EXPECT_EQ(columns[0].state, ValueState::kUnknown);
}

TEST_F(RowTextTest, InvalidTextShowsItsBytes) {
  v1::Change change;
  change.add_invalid_text()->set_field_number(1);
  change.mutable_invalid_text(0)->set_value("\x80");
  const auto columns = Columns({{"c", 1}}, "", change);
  EXPECT_EQ(columns[0].state, ValueState::kInvalidText);
  EXPECT_EQ(columns[0].text, "0x80");
}

}  // namespace
}  // namespace millrace::client
