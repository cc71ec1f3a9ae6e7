// SPDX-License-Identifier: Apache-2.0

// A change reads the same forever: JSON rows and `millrace tail` use the names and types that the
// table had at the change's own sequence, even if it was redefined since.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NamesAtSequence : public ::testing::TestWithParam<Flavour> {
 protected:
  NamesAtSequence() {
    sql_.MustExecute("SET sql_mode = '', time_zone = '+00:00'");
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("USE shop");
  }

  // All rows of the table so far as JSON, `before => after` for an UPDATE.
  std::vector<std::string> JsonRows(v1::StartPoint from = v1::START_POINT_EARLIEST) {
    v1::SubscribeRequest request;
    request.set_at(from);
    request.add_tables("shop.item");
    request.set_row_encoding(v1::ROW_ENCODING_JSON);
    request.set_until_token(reader_.CurrentToken(sql_));
    std::vector<std::string> rows;
    for (const SeenChange& change : reader_.ReadToEnd(request)) {
      const v1::Change& raw = change.raw;
      if (raw.has_schema_change()) continue;
      const bool both = !raw.before_json().empty() && !raw.after_json().empty();
      rows.push_back(raw.before_json() + (both ? " => " : "") + raw.after_json());
    }
    return rows;
  }

  // The row lines of `millrace tail`, without the table's name.
  std::vector<std::string> TailRows() {
    const std::string now = reader_.CurrentToken(sql_);
    const ProcessResult result =
        RunMillrace({"--server", feed_->address(), "tail", "--from", "earliest", "--tables",
                     "shop.item", "--until", "token:" + now});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    std::vector<std::string> rows;
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) {
      const size_t name = line.find("shop.item  ");
      if (name != std::string::npos && !line.starts_with("  schema")) {
        rows.push_back(line.substr(name + 11));
      }
    }
    return rows;
  }

  // Runs a statement that changes the definition and one that changes rows; earlier rows must read
  // the same before and after.
  void Step(const std::string& definition, const std::string& rows) {
    const std::vector<std::string> json = JsonRows();
    const std::vector<std::string> tail = TailRows();
    sql_.MustExecute(definition);
    sql_.MustExecute(rows);
    const auto begins = [](std::vector<std::string> now, size_t count) {
      now.resize(std::min(now.size(), count));
      return now;
    };
    EXPECT_EQ(begins(JsonRows(), json.size()), json) << definition;
    EXPECT_EQ(begins(TailRows(), tail.size()), tail) << definition;
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(
      *source_, {.source = {"start: {at: earliest}"}, .snapshot = {"mode: initial"}});
  ChangeReader reader_{*feed_};
};

TEST_P(NamesAtSequence, RowsKeepNamesAndTypesOfTheirPosition) {
  sql_.MustExecute("CREATE TABLE item (id INT PRIMARY KEY, v INT, w VARCHAR(9))");
  sql_.MustExecute("INSERT INTO item VALUES (1, 10, 'a')");
  Step("ALTER TABLE item MODIFY v VARCHAR(9)", "INSERT INTO item VALUES (2, 'ten', 'b')");
  Step("ALTER TABLE item RENAME COLUMN w TO v2, RENAME COLUMN v TO w",
       "UPDATE item SET w = 'x' WHERE id = 2");
  Step("ALTER TABLE item DROP v2", "DELETE FROM item WHERE id = 2");
  Step("ALTER TABLE item RENAME COLUMN w TO `å \"b\".c`", "INSERT INTO item VALUES (3, 'y')");
  Step("ALTER TABLE item RENAME COLUMN `å \"b\".c` TO `[x]`", "INSERT INTO item VALUES (4, 'z')");
  sql_.MustExecute("DROP TABLE item");
  Step("CREATE TABLE item (id VARCHAR(9) PRIMARY KEY)", "INSERT INTO item VALUES ('k')");

  const auto json = JsonRows();
  EXPECT_THAT(json, ElementsAre(R"({"id":1,"v":10,"w":"a"})", R"({"id":2,"v":"ten","w":"b"})",
                                R"({"id":2,"w":"ten","v2":"b"} => {"id":2,"w":"x","v2":"b"})",
                                R"({"id":2,"w":"x"})", R"({"id":3,"å \"b\".c":"y"})",
                                R"({"id":4,"[x]":"z"})", R"({"id":"k"})"));
  const auto tail = TailRows();
  EXPECT_THAT(tail, ElementsAre("id=1  v=10  w=a", "id=2  w=b  v=ten", "id=2  w=ten→x", "id=2  w=x",
                                "id=3  `å \"b\".c`=y", "id=4  [x]=z", "id=k"));

  feed_->Stop();
  feed_->Start();
  EXPECT_EQ(JsonRows(), json);
  EXPECT_EQ(TailRows(), tail);
}

TEST_P(NamesAtSequence, SnapshotRowsKeepTheirNames) {
  sql_.MustExecute("CREATE TABLE item (id INT PRIMARY KEY, v INT)");
  sql_.MustExecute("INSERT INTO item VALUES (1, 10)");
  EXPECT_THAT(JsonRows(v1::START_POINT_SNAPSHOT), ElementsAre(R"({"id":1,"v":10})"));
  sql_.MustExecute("ALTER TABLE item RENAME COLUMN v TO w");
  EXPECT_THAT(JsonRows(v1::START_POINT_SNAPSHOT), ElementsAre(R"({"id":1,"w":10})"));
  EXPECT_THAT(JsonRows().front(), HasSubstr(R"("v":10)"));
}

TEST_P(NamesAtSequence, FloatsAndZeroTimestampsAreUnambiguousInJson) {
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, f FLOAT, d DOUBLE, s TIMESTAMP NULL, t TIMESTAMP(3) "
      "NULL, a DATE, b DATETIME)");
  sql_.MustExecute(
      "INSERT INTO item VALUES (1, 123.4567, 0.1, '0000-00-00', '0000-00-00', '0000-00-00', "
      "'0000-00-00'), (2, 16777216, 1e300, '1970-01-01 00:00:01', '2038-01-19 03:14:07.999', NULL, "
      "NULL)");
  EXPECT_THAT(
      JsonRows(),
      ElementsAre(R"({"id":1,"f":123.4567,"d":0.1,"s":"0000-00-00 00:00:00",)"
                  R"("t":"0000-00-00 00:00:00","a":"0000-00-00","b":"0000-00-00 00:00:00"})",
                  R"({"id":2,"f":16777216,"d":1e+300,"s":"1970-01-01T00:00:01Z",)"
                  R"("t":"2038-01-19T03:14:07.999Z"})"));
  EXPECT_THAT(TailRows(), ElementsAre(HasSubstr("f=123.4567  d=0.1  s='0000-00-00 00:00:00'"),
                                      HasSubstr("f=16777216  d=1e+300")));
}

INSTANTIATE_TEST_SUITE_P(Sources, NamesAtSequence,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
