// SPDX-License-Identifier: Apache-2.0

#include "system/feed/mixed_changes.h"

#include <algorithm>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr int kMixedRounds = 40;

std::string Rows(int first, int count, std::string_view filler) {
  std::string rows;
  for (int i = 0; i < count; ++i) {
    rows += fmt::format("{}({}, '{}')", i == 0 ? "" : ", ", first + i, filler);
  }
  return rows;
}

void MakeRound(SqlSession& sql, int round) {
  const int id = round * 1000;
  const auto run = [&sql](const std::string& statement) { sql.MustExecute(statement); };
  run(fmt::format("INSERT INTO shop.items (id, name) VALUES {}", Rows(id, 12, "a thing")));
  run(fmt::format("INSERT INTO elsewhere.t VALUES ({})", id));
  run(fmt::format("UPDATE shop.items SET name = 'another' WHERE id >= {}", id));
  run("BEGIN");
  run(fmt::format("INSERT INTO shop.orders VALUES {}", Rows(id, 5, std::string(100, 'o'))));
  run(fmt::format("INSERT INTO elsewhere.t VALUES ({})", id + 1));
  run(fmt::format("DELETE FROM shop.items WHERE id BETWEEN {} AND {}", id, id + 3));
  run(fmt::format("INSERT INTO shop.`odd name` VALUES {}", Rows(id, 3, "x")));
  run("COMMIT");
  if (round % 10 == 3) run(fmt::format("ALTER TABLE shop.items ADD COLUMN c{} INT", round));
  if (round % 10 == 5) run(fmt::format("CREATE TABLE shop.n{} (i INT)", round));
  if (round % 10 == 7) run("TRUNCATE TABLE shop.`odd name`");
  if (round % 20 == 9) {  // larger than many frames
    run(fmt::format("INSERT INTO shop.orders VALUES {}",
                    Rows(id + 100, 300, std::string(150, 'p'))));
  }
}

}  // namespace

void MakeMixedChanges(SqlSession& sql) {
  for (const std::string statement :
       {"CREATE DATABASE shop", "CREATE DATABASE elsewhere",
        "CREATE TABLE elsewhere.t (id INT PRIMARY KEY)",
        "CREATE TABLE shop.items (id INT PRIMARY KEY, name VARCHAR(100))",
        "CREATE TABLE shop.orders (id INT PRIMARY KEY, note TEXT)",
        "CREATE TABLE shop.`odd name` (id INT, note TEXT)"}) {
    sql.MustExecute(statement);
  }
  for (int round = 1; round <= kMixedRounds; ++round) MakeRound(sql, round);
}

size_t CountOfShop(const std::vector<RawChange>& changes) {
  return static_cast<size_t>(
      std::count_if(changes.begin(), changes.end(), [](const RawChange& change) {
        return change.table.size() > 5 && change.table.substr(0, 5) == "shop.";
      }));
}

}  // namespace millrace::testing
