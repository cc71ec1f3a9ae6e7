// SPDX-License-Identifier: Apache-2.0

// Rows before and after a redefinition of their table are decoded with the definition at their
// position in the binlog, and a field number keeps its meaning forever: both when the feed follows
// live, and when a server reads the whole history later from a source that only has the newest
// definitions.

#include <gmock/gmock.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

using Lines = std::vector<std::string>;

// The fields of a row by number: `1=7 3=x`.
std::string FieldsOf(const google::protobuf::Any& row) {
  google::protobuf::Empty message;
  if (!message.ParseFromString(row.value())) return "no protobuf";
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  Lines texts;
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    const bool is_number = field.type() == google::protobuf::UnknownField::TYPE_VARINT;
    texts.push_back(
        fmt::format("{}={}", field.number(),
                    is_number ? std::to_string(field.varint()) : field.length_delimited()));
  }
  return fmt::format("{}", fmt::join(texts, " "));
}

// A change of a row as `+ after`, `- before` or `before => after`; other changes by their
// operation.
std::string LineOf(const v1::Change& change) {
  switch (change.operation()) {
    case v1::OPERATION_INSERT:
      return "+ " + FieldsOf(change.after());
    case v1::OPERATION_DELETE:
      return "- " + FieldsOf(change.before());
    case v1::OPERATION_UPDATE:
      return FieldsOf(change.before()) + " => " + FieldsOf(change.after());
    default:
      return v1::Operation_Name(change.operation());
  }
}

Lines LinesOf(const std::vector<SeenChange>& changes, const std::string& table) {
  Lines lines;
  for (const SeenChange& change : changes) {
    const bool is_row_change = change.operation != v1::OPERATION_SCHEMA_CHANGE;
    if (change.table == "shop." + table && is_row_change) lines.push_back(LineOf(change.raw));
  }
  return lines;
}

class Ddl : public ::testing::TestWithParam<Flavour> {
 protected:
  Ddl() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("USE shop");
  }

  // Runs statements and waits until the feed has read them.
  void Run(const Lines& statements) {
    for (const std::string& statement : statements) sql_.MustExecute(statement);
    reader_.CurrentToken(sql_);
  }

  Lines Rows(const std::string& table) { return LinesOf(reader_.ReadAll(sql_), table); }

  // The columns of a table as the feed describes it now: `1=id 3=name`.
  std::string Columns(const std::string& table) {
    v1::GetTableRequest request;
    request.set_database("shop");
    request.set_table(table);
    const auto response = feed_->client().GetTable(request);
    if (!response.ok()) return response.status().ToString();
    Lines columns;
    for (const v1::Column& column : response->table().columns()) {
      columns.push_back(fmt::format("{}={}", column.field_number(), column.column()));
    }
    return fmt::format("{}", fmt::join(columns, " "));
  }

  // Every test ends with this check: a server started now reads the same from the past as was
  // streamed live.
  void TearDown() override {
    const std::vector<SeenChange> live = reader_.ReadAll(sql_);
    const auto late_feed = FeedServer::MustStart(*source_, {.source = {"start: {at: earliest}"}});
    const std::vector<SeenChange> late = ChangeReader(*late_feed).ReadAll(sql_);
    ASSERT_EQ(late.size(), live.size());
    for (size_t i = 0; i < live.size(); ++i) {
      EXPECT_EQ(late[i].table, live[i].table);
      EXPECT_EQ(LineOf(late[i].raw), LineOf(live[i].raw));
      EXPECT_EQ(late[i].raw.after().value(), live[i].raw.after().value());
      EXPECT_EQ(late[i].raw.before().value(), live[i].raw.before().value());
    }
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  // From the earliest position too, so that both servers read the same.
  std::unique_ptr<FeedServer> feed_ =
      FeedServer::MustStart(*source_, {.source = {"start: {at: earliest}"}});
  ChangeReader reader_{*feed_};
};

TEST_P(Ddl, AddedColumnTakesANewNumber) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT)", "INSERT INTO item VALUES (1, 7)"});
  Run({"ALTER TABLE item ADD b VARCHAR(9) DEFAULT 'd' AFTER id",
       "INSERT INTO item VALUES (2, 'x', 8)", "UPDATE item SET a = 9 WHERE id = 1"});
  Run({"ALTER TABLE item ADD c INT FIRST", "DELETE FROM item WHERE id = 2"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=7", "+ 1=2 3=x 2=8", "1=1 3=d 2=7 => 1=1 3=d 2=9",
                                        "- 1=2 3=x 2=8"));
  EXPECT_EQ(Columns("item"), "4=c 1=id 3=b 2=a");
}

TEST_P(Ddl, DroppedColumnKeepsItsNumberReserved) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT, b INT)",
       "INSERT INTO item VALUES (1, 10, 20)"});
  Run({"ALTER TABLE item DROP a", "INSERT INTO item VALUES (2, 21)"});
  Run({"ALTER TABLE item DROP b, ADD c INT", "INSERT INTO item VALUES (3, 30)"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10 3=20", "+ 1=2 3=21", "+ 1=3 4=30"));
  EXPECT_EQ(Columns("item"), "1=id 4=c");
}

TEST_P(Ddl, ReaddedColumnReusesNumberWithOldTypeOnly) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT)", "INSERT INTO item VALUES (1, 10)"});
  Run({"ALTER TABLE item DROP a", "INSERT INTO item VALUES (2)"});
  Run({"ALTER TABLE item ADD a INT", "INSERT INTO item VALUES (3, 30)"});
  Run({"ALTER TABLE item DROP a", "ALTER TABLE item ADD a VARCHAR(9)",
       "INSERT INTO item VALUES (4, 'four')"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10", "+ 1=2", "+ 1=3 2=30", "+ 1=4 3=four"));
}

TEST_P(Ddl, OnlyWidenedColumnKeepsItsNumber) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a TINYINT, b VARCHAR(5))",
       "INSERT INTO item VALUES (1, 10, 'x')"});
  Run({"ALTER TABLE item MODIFY a INT, MODIFY b TEXT", "INSERT INTO item VALUES (2, 70000, 'y')"});
  Run({"ALTER TABLE item MODIFY a BIGINT", "INSERT INTO item VALUES (3, 5000000000, 'z')"});
  Run({"ALTER TABLE item MODIFY a VARCHAR(20)", "INSERT INTO item VALUES (4, 'word', 'w')"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10 3=x", "+ 1=2 2=70000 3=y",
                                        "+ 1=3 2=5000000000 3=z", "+ 1=4 4=word 3=w"));
}

TEST_P(Ddl, RenamedColumnKeepsItsNumber) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT, b INT)",
       "INSERT INTO item VALUES (1, 10, 20)"});
  Run({"ALTER TABLE item RENAME COLUMN a TO c", "INSERT INTO item VALUES (2, 11, 21)"});
  Run({"ALTER TABLE item CHANGE b d BIGINT", "INSERT INTO item VALUES (3, 12, 22)"});
  Run({"ALTER TABLE item RENAME COLUMN c TO d, RENAME COLUMN d TO c",
       "INSERT INTO item VALUES (4, 13, 23)"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10 3=20", "+ 1=2 2=11 3=21", "+ 1=3 2=12 3=22",
                                        "+ 1=4 2=13 3=23"));
  EXPECT_EQ(Columns("item"), "1=id 2=d 3=c");
}

TEST_P(Ddl, DropAndAddIsNoRename) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT)", "INSERT INTO item VALUES (1, 10)"});
  Run({"ALTER TABLE item DROP a, ADD b INT", "INSERT INTO item VALUES (2, 20)"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10", "+ 1=2 3=20"));
}

TEST_P(Ddl, InstantChangesInTheMiddleDecodeCorrectly) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT, b INT)",
       "INSERT INTO item VALUES (1, 10, 20)"});
  Run({"ALTER TABLE item ADD c INT DEFAULT 5 AFTER id, ALGORITHM = INSTANT",
       "UPDATE item SET b = 21"});
  Run({"ALTER TABLE item DROP a, ALGORITHM = INSTANT", "UPDATE item SET b = 22",
       "DELETE FROM item"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10 3=20", "1=1 4=5 2=10 3=20 => 1=1 4=5 2=10 3=21",
                                        "1=1 4=5 3=21 => 1=1 4=5 3=22", "- 1=1 4=5 3=22"));
}

TEST_P(Ddl, RenamedTableContinuesUnderItsNewName) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT)", "INSERT INTO item VALUES (1, 10)"});
  Run({"RENAME TABLE item TO thing", "INSERT INTO thing VALUES (2, 20)"});
  Run({"ALTER TABLE thing RENAME TO item", "INSERT INTO item VALUES (3, 30)"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10", "+ 1=3 2=30"));
  EXPECT_THAT(Rows("thing"), ElementsAre("+ 1=2 2=20"));
}

// As gh-ost and pt-online-schema-change work.
TEST_P(Ddl, SwappedTableKeepsTheNumbersOfItsName) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT, b VARCHAR(9))",
       "INSERT INTO item VALUES (1, 10, 'x')"});
  Run({"CREATE TABLE _item_gho LIKE item",
       "ALTER TABLE _item_gho ADD c INT FIRST, MODIFY a BIGINT AFTER b",
       "INSERT INTO _item_gho (id, a, b) SELECT id, a, b FROM item",
       "RENAME TABLE item TO _item_del, _item_gho TO item", "DROP TABLE _item_del",
       "UPDATE item SET c = 30", "INSERT INTO item (id, a, b) VALUES (2, 5000000000, 'y')"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10 3=x", "1=1 3=x 2=10 => 4=30 1=1 3=x 2=10",
                                        "+ 1=2 3=y 2=5000000000"));
  EXPECT_THAT(Rows("_item_gho"), ElementsAre("+ 2=1 3=x 4=10"));
}

TEST_P(Ddl, RecreatedTableContinuesItsNumbers) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a INT, b INT)",
       "INSERT INTO item VALUES (1, 10, 20)"});
  Run({"DROP TABLE item", "CREATE TABLE item (b INT, id VARCHAR(9) PRIMARY KEY, d INT)",
       "INSERT INTO item VALUES (21, 'key', 40)"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10 3=20", "+ 3=21 4=key 5=40"));
}

TEST_P(Ddl, TruncateIsItsOwnChange) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY)", "INSERT INTO item VALUES (1)",
       "TRUNCATE TABLE item", "INSERT INTO item VALUES (1)"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1", "OPERATION_TRUNCATE", "+ 1=1"));
}

TEST_P(Ddl, CreateSelectDeliversItsRows) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, a VARCHAR(9))",
       "INSERT INTO item VALUES (1, 'x'), (2, 'y')",
       "CREATE TABLE copy (PRIMARY KEY (id)) SELECT *, id * 10 AS b FROM item",
       "UPDATE copy SET a = 'z' WHERE id = 2"});

  EXPECT_THAT(Rows("copy"),
              ElementsAre("+ 1=1 2=x 3=10", "+ 1=2 2=y 3=20", "1=2 2=y 3=20 => 1=2 2=z 3=20"));
}

TEST_P(Ddl, LabelsAndCharsetsMatchTheRowsPosition) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY, e ENUM('a','b'), t VARCHAR(9) CHARACTER SET latin1)",
       "INSERT INTO item VALUES (1, 'a', 'é')"});
  Run({"ALTER TABLE item MODIFY e ENUM('c','b','a'), MODIFY t VARCHAR(9) CHARACTER SET utf8mb4",
       "INSERT INTO item VALUES (2, 'c', 'я🎉')", "DELETE FROM item WHERE id = 1"});
  Run({"SET sql_mode = ''", "ALTER TABLE item CONVERT TO CHARACTER SET cp1251",
       "UPDATE item SET t = 'ф'"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=a 3=é", "+ 1=2 2=c 3=я🎉", "- 1=1 2=a 3=é",
                                        "1=2 2=c 3=я? => 1=2 2=c 3=ф"));
}

TEST_P(Ddl, EveryDefinitionIsDelivered) {
  Run({"CREATE TABLE item (id INT PRIMARY KEY)", "ALTER TABLE item ADD a INT",
       "RENAME TABLE item TO thing", "DROP TABLE thing"});

  Lines statements;
  for (const SeenChange& change : reader_.ReadAll(sql_)) {
    statements.push_back(change.raw.schema_change().statement());
  }
  EXPECT_THAT(statements,
              IsSupersetOf({"CREATE TABLE item (id INT PRIMARY KEY)", "ALTER TABLE item ADD a INT",
                            "RENAME TABLE item TO thing"}));
  EXPECT_THAT(statements.back(), ::testing::HasSubstr("DROP TABLE `thing`"));
}

class MysqlDdl : public Ddl {};

TEST_P(MysqlDdl, GeneratedInvisiblePrimaryKeyIsInTheRow) {
  Run({"SET sql_generate_invisible_primary_key = ON", "CREATE TABLE item (a INT)",
       "INSERT INTO item VALUES (10), (20)", "DELETE FROM item WHERE a = 10"});

  EXPECT_THAT(Rows("item"), ElementsAre("+ 1=1 2=10", "+ 1=2 2=20", "- 1=1 2=10"));
  EXPECT_EQ(Columns("item"), "1=my_row_id 2=a");
}

INSTANTIATE_TEST_SUITE_P(Sources, Ddl, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Sources, MysqlDdl, ::testing::Values(Flavour::kMysql),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
