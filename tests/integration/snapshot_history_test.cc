// SPDX-License-Identifier: Apache-2.0

// Any history of rows, definitions, what is captured, and restarts: a start at SNAPSHOT gives what
// SELECT gives. MILLRACE_SNAPSHOT_HISTORIES=200 runs so many, MILLRACE_SNAPSHOT_SEED tells the
// first.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "fmt/format.h"
#include "integration/snapshot_fixture.h"

namespace millrace::testing {
namespace {

constexpr int kHistoryTables = 3;
constexpr int kStepsEach = 4;
constexpr int kLooks = 3;

uint64_t NumberIn(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class SnapshotHistory : public ::testing::TestWithParam<Flavour> {
 protected:
  using Rows = std::map<std::string, SeenRow>;  // by id

  void Run(uint64_t seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    random_.seed(seed);
    history_.clear();
    for (int table = 0; table < kHistoryTables; ++table) Create(Name(table));
    for (int look = 0; look < kLooks && !HasFailure(); ++look) {
      for (int step = 0; step < kStepsEach; ++step) Step();
      Compare();
    }
  }

  uint32_t Random(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  static std::string Name(int table) { return fmt::format("shop.t{}", table); }
  std::string AnyTable() { return Name(static_cast<int>(Random(kHistoryTables))); }
  void Sql(const std::string& statement) {
    history_.push_back(statement);
    shop_.sql().MustExecute(statement);
  }

  void Create(const std::string& table) {
    Sql(fmt::format("DROP TABLE IF EXISTS {}", table));
    Sql(fmt::format("CREATE TABLE {} (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", table));
    Insert(table, 30);
  }
  void Insert(const std::string& table, uint32_t rows) {
    std::string values;
    for (uint32_t i = 0; i < rows; ++i) {
      values += fmt::format("{}({})", i == 0 ? "" : ",", Random(1000));
    }
    Sql(fmt::format("INSERT INTO {} (v) VALUES {}", table, values));
  }
  void Step() {
    const std::string table = AnyTable();
    switch (Random(12)) {
      case 0:
        return Insert(table, 1 + Random(5));
      case 1:
        return Sql(fmt::format("UPDATE {} SET v = v + 1 WHERE id % 3 = {}", table, Random(3)));
      case 2:
        return Sql(fmt::format("DELETE FROM {} WHERE id % 7 = {}", table, Random(7)));
      case 3:
        return Sql(fmt::format("ALTER TABLE {} ADD COLUMN {} INT NOT NULL DEFAULT {}", table,
                               NewColumn(), Random(9)));
      case 4:
        return AlterSilently(table);
      case 5:
        Sql(fmt::format("TRUNCATE TABLE {}", table));
        return Insert(table, 3);
      case 6:
        return Swap(table);
      case 7:
        return Create(table);
      case 8:
        return Crash();
      case 9:
        excluded_ = Random(2) == 0 ? "" : table + ".v";
        return Restart();
      case 10:
        left_out_ = {table};
        return Restart();
      default:
        left_out_.clear();
        return Restart();
    }
  }
  std::string NewColumn() { return fmt::format("c{}", ++columns_); }
  // The row after it shows the definition that no statement in the binlog has.
  void AlterSilently(const std::string& table) {
    Sql("SET sql_log_bin = 0");
    Sql(fmt::format("ALTER TABLE {} ADD COLUMN {} INT NOT NULL DEFAULT {}", table, NewColumn(),
                    Random(9)));
    Sql("SET sql_log_bin = 1");
    Insert(table, 1);
  }
  void Swap(const std::string& table) {
    Sql(fmt::format("CREATE TABLE {0}_new LIKE {0}", table));
    Sql(fmt::format("INSERT INTO {0}_new SELECT * FROM {0}", table));
    Sql(fmt::format("UPDATE {}_new SET v = v + 10", table));
    Sql(fmt::format("RENAME TABLE {0} TO {0}_old, {0}_new TO {0}", table));
    Sql(fmt::format("DROP TABLE {}_old", table));
  }
  void Crash() {
    history_.emplace_back("crash");
    shop_.feed().Kill();
    shop_.feed().Start();
    shop_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
  }
  // With what is captured now. Usually the feed has come to the end before, but need not.
  void Restart() {
    if (Random(3) != 0) ChangeReader(shop_.feed()).TokenOfNow(shop_.sql());
    std::vector<std::string> tables = {"shop.*", kMarkerTables};
    for (const std::string& table : left_out_) tables.push_back("!" + table);
    std::vector<std::string> source;
    if (!excluded_.empty()) source.push_back(fmt::format("exclude_columns: ['{}']", excluded_));
    history_.push_back(
        fmt::format("restart without [{}] [{}]", fmt::join(left_out_, ","), excluded_));
    shop_.RestartFeed(tables, source);
  }

  void Compare() {
    const std::string until = ChangeReader(shop_.feed()).TokenOfNow(shop_.sql());
    for (int i = 0; i < kHistoryTables; ++i) {
      const std::string table = Name(i);
      if (left_out_.contains(table)) continue;
      EXPECT_EQ(AtSnapshot(table, until), AtSource(table))
          << table << " after\n"
          << fmt::format("{}", fmt::join(history_, "\n"));
    }
  }
  Rows AtSnapshot(const std::string& table, const std::string& until) {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_SNAPSHOT);
    request.add_tables(table);
    request.set_until_token(until);
    Rows rows;
    for (const SeenChange& change : ChangeReader(shop_.feed()).ReadToEnd(request)) {
      if (change.operation == v1::OPERATION_READ) {
        rows[*change.after->at("id")] = *change.after;
      } else {
        ADD_FAILURE() << "a change after the rows of an idle source: " << change.sequence;
      }
    }
    return rows;
  }
  Rows AtSource(const std::string& table) {
    const std::string name = table.substr(table.find('.') + 1);
    std::vector<std::string> columns;
    for (const SqlRow& row : shop_.sql().MustQuery(
             fmt::format("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                         "'shop' AND TABLE_NAME = '{}'",
                         name))) {
      if (table + "." + *row[0] != excluded_) columns.push_back(*row[0]);
    }
    Rows rows;
    for (const SqlRow& row :
         shop_.sql().MustQuery(fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), table))) {
      SeenRow seen;
      for (size_t i = 0; i < columns.size(); ++i) seen[columns[i]] = row[i];
      rows[*seen.at("id")] = std::move(seen);
    }
    return rows;
  }

  SnapshotShop shop_{GetParam()};
  std::mt19937_64 random_;
  std::vector<std::string> history_;
  std::set<std::string> left_out_;
  std::string excluded_;
  int columns_ = 0;
};

TEST_P(SnapshotHistory, SnapshotIsWhatSelectGives) {
  shop_.StartFeed({"mode: initial"});
  const uint64_t seed = NumberIn("MILLRACE_SNAPSHOT_SEED", 1);
  const uint64_t runs = NumberIn("MILLRACE_SNAPSHOT_HISTORIES", 1);
  for (uint64_t run = 0; run < runs && !HasFailure(); ++run) {
    Run(seed + run);
    if (HasFailure()) std::cerr << "failed with MILLRACE_SNAPSHOT_SEED=" << seed + run << "\n";
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotHistory,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
