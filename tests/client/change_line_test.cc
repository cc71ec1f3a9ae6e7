// SPDX-License-Identifier: Apache-2.0

#include "change_line.h"

#include "client/table_fixture.h"
#include "gtest/gtest.h"

namespace millrace::command {
namespace {

using client::ColumnText;
using client::ValueState;

ColumnText Key(const std::string& text) { return {"id", 1, 1, ValueState::kValue, text}; }
ColumnText Name(const std::string& text) { return {"name", 2, 0, ValueState::kValue, text}; }
ColumnText NameWithState(ValueState state, const std::string& text = "?") {
  return {"name", 2, 0, state, text};
}

std::string Line(v1::Operation operation, const ChangeLine::Rows& rows,
                 const ChangeLine::Options& options = {}) {
  v1::Change change;
  change.set_operation(operation);
  change.set_database("shop");
  change.set_table("customers");
  return ChangeLine(options).Line(change, rows);
}

TEST(ChangeLineTest, InsertShowsAllColumnsKeyFirst) {
  EXPECT_EQ(Line(v1::OPERATION_INSERT, {{}, {Name("Anna"), Key("7")}}),
            "  insert    shop.customers  id=7  name=Anna\n");
}

TEST(ChangeLineTest, UpdateShowsKeyAndChangedColumns) {
  const ColumnText same = {"city", 3, 0, ValueState::kValue, "Oslo"};
  EXPECT_EQ(
      Line(v1::OPERATION_UPDATE, {{Key("7"), Name("Anna"), same}, {Key("7"), Name("Anne"), same}}),
      "  update    shop.customers  id=7  name=Anna→Anne\n");
}

TEST(ChangeLineTest, KeyUpdateShowsBothKeys) {
  EXPECT_EQ(Line(v1::OPERATION_UPDATE, {{Key("7")}, {Key("8")}}),
            "  update    shop.customers  id=7→8\n");
}

TEST(ChangeLineTest, UpdateWithoutKeyShowsUnchangedColumnsToo) {
  const ColumnText other = {"city", 3, 0, ValueState::kValue, "Oslo"};
  EXPECT_EQ(Line(v1::OPERATION_UPDATE, {{Name("Anna"), other}, {Name("Anne"), other}}),
            "  update    shop.customers  name=Anna→Anne  city=Oslo\n");
}

TEST(ChangeLineTest, MinimalImageShowsKeyFromBefore) {
  ColumnText no_key = Key("?");
  no_key.state = ValueState::kUnknown;
  EXPECT_EQ(Line(v1::OPERATION_UPDATE,
                 {{Key("7"), NameWithState(ValueState::kUnknown)}, {no_key, Name("Anne")}}),
            "  update    shop.customers  id=7  name=?→Anne\n");
}

TEST(ChangeLineTest, MissingDroppedColumnIsShownAsNull) {
  EXPECT_EQ(Line(v1::OPERATION_UPDATE, {{Key("7"), Name("Anna")}, {Key("7")}}),
            "  update    shop.customers  id=7  name=Anna→NULL\n");
  EXPECT_EQ(Line(v1::OPERATION_UPDATE, {{Key("7")}, {Key("7"), Name("Anna")}}),
            "  update    shop.customers  id=7  name=NULL→Anna\n");
}

TEST(ChangeLineTest, NullAndTextNullDiffer) {
  EXPECT_EQ(Line(v1::OPERATION_UPDATE,
                 {{Key("7"), NameWithState(ValueState::kNull, "NULL")}, {Key("7"), Name("NULL")}}),
            "  update    shop.customers  id=7  name=NULL→'NULL'\n");
}

TEST(ChangeLineTest, DataCannotControlTerminal) {
  EXPECT_EQ(Line(v1::OPERATION_DELETE, {{Name("a\n\x1b[31m it's\xc2\x9b")}, {}}),
            "  delete    shop.customers  name='a\\n\\x1b[31m it\\'s\\u009b'\n");
}

TEST(ChangeLineTest, LongValueIsCutByDefault) {
  const ChangeLine::Rows rows = {{}, {Name(std::string(200, 'x'))}};
  EXPECT_EQ(Line(v1::OPERATION_READ, rows),
            "  read      shop.customers  name=" + std::string(63, 'x') + "…\n");
  EXPECT_EQ(Line(v1::OPERATION_READ, rows, {.full = true}),
            "  read      shop.customers  name=" + std::string(200, 'x') + "\n");
}

TEST(ChangeLineTest, ColumnNameWithSpaceIsQuoted) {
  const ColumnText odd = {"first name", 2, 0, ValueState::kValue, "Anna"};
  EXPECT_EQ(Line(v1::OPERATION_INSERT, {{}, {odd}}),
            "  insert    shop.customers  `first name`=Anna\n");
}

TEST(ChangeLineTest, TableNamesAreAligned) {
  v1::Change change;
  change.set_operation(v1::OPERATION_TRUNCATE);
  change.set_database("shop");
  change.set_table("order_lines");
  ChangeLine line({});
  line.Line(change, {});
  change.set_table("a");
  change.mutable_schema_change()->set_statement("TRUNCATE\na");
  EXPECT_EQ(line.Line(change, {}), "  truncate  shop.a            TRUNCATE\\na\n");
}

TEST(ChangeLineTest, HeaderShowsTimeGtidAndLag) {
  const auto response = client::Numbered("t", {1});
  const absl::Time now = absl::FromUnixSeconds(1'900'000'000) + absl::Microseconds(1450);
  EXPECT_EQ(ChangeLine({}).Header(response.transactions(0), now),
            "2030-03-17T17:46:40.000250Z  0-1-42  lag 1.2 ms\n");
}

TEST(ChangeLineTest, ColourIsOffByDefault) {
  EXPECT_NE(Line(v1::OPERATION_INSERT, {{}, {Key("7")}}, {.colour = true}).find("\x1b[32minsert"),
            std::string::npos);
}

}  // namespace
}  // namespace millrace::command
