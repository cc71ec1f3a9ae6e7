// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

// A QUERY event's body with these status variables, database `b` and statement `X`.
std::string BodyWith(std::string_view status_variables) {
  std::string body = FromHex(
      "07000000000000000100"
      "00");
  AppendLittle16(body, static_cast<uint16_t>(status_variables.size()));
  body += status_variables;
  return body + "b" + '\0' + "X";
}

TEST(Queries, HaveDatabaseAndStatement) {
  const SampleEvent event(captured::kMysqlCreateTable);
  const auto query = ParseQuery(*event);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->thread_id, 11u);
  EXPECT_EQ(query->database, "b");
  EXPECT_EQ(query->statement,
            "create table b.pre (a varchar(50), k int, b text, primary key (k, a(10), b(5)))");
  EXPECT_FALSE(query->microseconds.has_value());
}

TEST(Queries, HaveCharsetAndSqlMode) {
  const SampleEvent utf8(captured::kMysqlCreateTable);
  EXPECT_EQ(ParseQuery(*utf8)->client_charset, 255);
  const SampleEvent latin1(captured::kMysqlCreateTableLatin1);
  const auto query = ParseQuery(*latin1);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->client_charset, 8);
  EXPECT_EQ(query->sql_mode, uint64_t{0x45a00020});
}

TEST(Queries, HaveMicrosecondsIfStatementReadTheClock) {
  const SampleEvent mysql(captured::kMysqlStatementInsert);
  EXPECT_EQ(ParseQuery(*mysql)->microseconds, Micros{0x04a7fb});
  const SampleEvent mariadb(captured::kMariadbStatementInsert, Flavour::kMariadb);
  EXPECT_EQ(ParseQuery(*mariadb)->microseconds, Micros{0x0952e0});
}

TEST(Queries, OfAViewHaveItsStatement) {
  const SampleEvent event(captured::kMysqlCreateView);
  const auto query = ParseQuery(*event);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->statement.substr(0, 6), "CREATE");
}

TEST(Queries, OfASplitAlterHaveItsStatement) {
  const SampleEvent event(captured::kMariadbCommitAlterQuery, Flavour::kMariadb);
  const auto query = ParseQuery(*event);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->statement, "alter table b.small add column z int, algorithm=copy");
}

TEST(Queries, UnknownStatusVariableSkipsTheRest) {
  const std::string body =
      BodyWith(FromHex("0408000800ff00"
                       "c8"
                       "0d010000"));
  const auto query = ParseQuery(MakeEvent(EventType::kQuery, body));
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->client_charset, 8);
  EXPECT_FALSE(query->microseconds.has_value());
  EXPECT_EQ(query->database, "b");
  EXPECT_EQ(query->statement, "X");
}

TEST(Queries, StatementOfMatchesParseQuery) {
  for (const std::string_view captured :
       {captured::kMysqlCreateTable, captured::kMysqlCreateTableLatin1,
        captured::kMysqlStatementInsert, captured::kMysqlCreateView}) {
    const SampleEvent event(captured);
    EXPECT_EQ(StatementOf(*event), ParseQuery(*event)->statement);
  }
}

TEST(Queries, StatementOfTruncatedEventIsEmpty) {
  const std::string body = BodyWith(FromHex("0408000800ff00"));
  ASSERT_EQ(StatementOf(MakeEvent(EventType::kQuery, body)), "X");
  // Every prefix, up to and including the NUL after the database's name, is empty.
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(StatementOf(MakeEvent(EventType::kQuery, body.substr(0, size))), "") << size;
  }
  std::string without_nul = body;
  without_nul[body.size() - 2] = 'x';
  EXPECT_EQ(StatementOf(MakeEvent(EventType::kQuery, without_nul)), "");
}

struct Variable {
  std::string_view what;
  std::string_view hex;
};
class StatusVariable : public ::testing::TestWithParam<Variable> {};

// Parsing finds the microseconds after the variable, so its length is right.
TEST_P(StatusVariable, HasItsLength) {
  const std::string body = BodyWith(FromHex(GetParam().hex) + FromHex("0d070000"));
  const auto query = ParseQuery(MakeEvent(EventType::kQuery, body));
  ASSERT_TRUE(query.ok()) << GetParam().what << query.status();
  EXPECT_EQ(query->microseconds, Micros{7}) << GetParam().what;
}

TEST_P(StatusVariable, IncompleteIsTruncated) {
  const std::string whole = FromHex(GetParam().hex);
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::string body = BodyWith(whole.substr(0, size));
    EXPECT_EQ(ErrorReason(ParseQuery(MakeEvent(EventType::kQuery, body)).status()),
              "EVENT_TRUNCATED")
        << GetParam().what << " " << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, StatusVariable,
    ::testing::Values(
        Variable{"flags", "0000000000"}, Variable{"sql_mode", "010000000000000000"},
        Variable{"old catalog", "020373746400"}, Variable{"auto_increment", "0301000100"},
        Variable{"charset", "04ff00ff00ff00"}, Variable{"time_zone", "05062b30323a3030"},
        Variable{"catalog", "0603737464"}, Variable{"lc_time_names", "070100"},
        Variable{"database collation", "08ff00"}, Variable{"table map", "090100000000000000"},
        Variable{"data written", "0a00000000"}, Variable{"invoker", "0b0161026263"},
        Variable{"updated databases", "0c026100626300"}, Variable{"many databases", "0cfe"},
        Variable{"explicit defaults", "1000"}, Variable{"DDL xid", "110000000000000000"},
        Variable{"utf8mb4 collation", "12ff00"}, Variable{"require primary key", "1300"},
        Variable{"encryption", "1400"}, Variable{"MariaDB fraction", "80010000"},
        Variable{"MariaDB xid", "810000000000000000"}, Variable{"MariaDB start alter", "8202"},
        Variable{"MariaDB commit alter", "82040000000000000000"}));

TEST(Queries, HaveDatabasesOfOpenedTables) {
  const auto databases = [](std::string_view variables) {
    const std::string body = BodyWith(FromHex(variables));
    return std::optional<std::string>(ParseQuery(MakeEvent(EventType::kQuery, body))->databases);
  };
  EXPECT_EQ(databases("0c026100626300"), std::string_view("a\0bc\0", 5));
  EXPECT_EQ(databases("0cfe"), std::nullopt);
  EXPECT_EQ(databases("1000"), std::nullopt);
}

TEST(Queries, OfLoadDataHaveDatabasesAndStatement) {
  std::string body = BodyWith(FromHex("0c016100"));
  body.insert(13, 13, '\0');
  const auto query = ParseLoadQuery(MakeEvent(EventType::kExecuteLoadQuery, body));
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->databases, std::string_view("a\0", 2));
  EXPECT_EQ(query->statement, "X");
}

TEST(Queries, StatusVariablesBeyondTheEventAreTruncated) {
  const std::string body = FromHex(
                               "0700000000000000010000"
                               "ffff"
                               "6200") +
                           "X";
  EXPECT_EQ(ErrorReason(ParseQuery(MakeEvent(EventType::kQuery, body)).status()),
            "EVENT_TRUNCATED");
}

}  // namespace
}  // namespace millrace::binlog
