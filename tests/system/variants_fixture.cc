// SPDX-License-Identifier: Apache-2.0

#include "system/variants_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr int kRounds = 3;

std::string RowText(const std::optional<SeenRow>& row) {
  if (!row.has_value()) return "-";
  std::string text;
  for (const auto& [column, value] : *row) {
    text += fmt::format("{}={} ", column, value.has_value() ? "'" + *value + "'" : "NULL");
  }
  return text;
}

}  // namespace

Variants::Variants(Flavour flavour, std::vector<std::string> source_options,
                   FeedServerOptions feed_options)
    : source_(SourceServer::MustStart({.flavour = flavour, .options = std::move(source_options)})),
      sql_(source_->MustConnect()),
      feed_(FeedServer::MustStart(*source_, feed_options)),
      reader_(*feed_) {
  sql_.MustExecute("CREATE DATABASE shop");
}

void Variants::CreateTable(const std::string& table, const std::string& options) {
  sql_.MustExecute(
      fmt::format("CREATE TABLE shop.{} (id INT PRIMARY KEY, name VARCHAR(50), price DECIMAL(8,2), "
                  "body LONGTEXT, data VARBINARY(300), doc JSON) {}",
                  table, options));
}

void Variants::RunWorkload(SqlSession& session, const std::string& table, int round) {
  const auto run = [&](std::string statement) {
    for (size_t at; (at = statement.find("$T")) != std::string::npos;) {
      statement.replace(at, 2, "shop." + table);
    }
    for (size_t at; (at = statement.find("$R")) != std::string::npos;) {
      statement.replace(at, 2, std::to_string(round));
    }
    session.MustExecute(statement);
  };
  run("INSERT INTO $T VALUES ($R01, 'tea', 2.5, REPEAT('leaf ', 100), 0x00FF00, "
      "'{\"name\": \"tea\", \"sizes\": [1, 2, 3], \"origin\": {\"country\": \"Nepal\"}}'), "
      "($R02, NULL, NULL, NULL, NULL, NULL), ($R03, 'água', -1, '', '', '[]')");
  run("BEGIN");
  run("UPDATE $T SET price = price + 1 WHERE id IN ($R01, $R03)");
  run("UPDATE $T SET doc = JSON_SET(doc, '$.name', 'tee', '$.new', 7) WHERE id = $R01");
  run("DELETE FROM $T WHERE id = $R02");
  run("COMMIT");
  run("UPDATE $T SET doc = JSON_REMOVE(doc, '$.origin') WHERE id = $R01");
  run("UPDATE $T SET doc = JSON_REPLACE(doc, '$.sizes[1]', 'two'), name = 'x' WHERE id = $R01");
}

void Variants::ExpectSameRows(const std::string& setting, const std::string& table_options) {
  SqlSession varied = source_->MustConnect();
  CreateTable("plain", table_options);
  CreateTable("varied", table_options);
  RunWorkload(varied, "varied", 1);
  RunWorkload(sql_, "plain", 1);
  varied.MustExecute(setting);
  for (int round = 2; round <= kRounds; ++round) {
    RunWorkload(varied, "varied", round);
    RunWorkload(sql_, "plain", round);
  }
  const auto changes = reader_.ReadAll(sql_);
  const auto plain = RowsOf(changes, "shop.plain");
  EXPECT_EQ(plain.size(), size_t{kRounds} * (3 + 2 + 1 + 1 + 1 + 1));
  EXPECT_THAT(RowsOf(changes, "shop.varied"), ::testing::ElementsAreArray(plain));
}

std::vector<std::string> Variants::RowsOf(const std::vector<SeenChange>& changes,
                                          const std::string& table) {
  std::vector<std::string> rows;
  for (const SeenChange& change : changes) {
    if (change.table != table || change.operation == v1::OPERATION_SCHEMA_CHANGE) continue;
    rows.push_back(fmt::format("{} {}-> {}", v1::Operation_Name(change.operation),
                               RowText(change.before), RowText(change.after)));
  }
  return rows;
}

bool Variants::BinlogContains(const std::string& event_type) {
  for (const SqlRow& log : sql_.MustQuery("SHOW BINARY LOGS")) {
    for (const SqlRow& event : sql_.MustQuery("SHOW BINLOG EVENTS IN '" + *log[0] + "'")) {
      if (event[2] == event_type) return true;
    }
  }
  return false;
}

}  // namespace millrace::testing
