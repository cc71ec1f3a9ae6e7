// SPDX-License-Identifier: Apache-2.0

// A snapshot with a condition reads the same rows as a SELECT with a hand-written WHERE. A
// condition can only choose rows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "condition/injections.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "system/snapshot/condition_cases.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Ids = std::set<int>;

// The list of finished snapshots is limited, so the tests start at most this many at once.
constexpr size_t kConcurrentSnapshots = 15;
// Number of ids per condition; each condition has its own copy of all rows.
constexpr int kBlock = 100;

class ConditionSnapshot : public ::testing::TestWithParam<Flavour> {
 protected:
  ConditionSnapshot() {
    shop_.sql().MustExecute("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    shop_.sql().MustExecute("USE shop");
  }
  SqlSession& sql() { return shop_.sql(); }

  // A snapshot and the rows that it must read.
  struct Wanted {
    std::string table;
    std::string what;  // for messages
    v1::StartSnapshotRequest request;
    Ids ids;
    uint64_t rows = 0;  // rows that it read
  };

  static v1::StartSnapshotRequest RequestOf(const std::string& table) {
    v1::StartSnapshotRequest request;
    request.add_tables("shop." + table);
    return request;
  }

  Ids Select(const std::string& table, const std::string& where) {
    const std::string text = fmt::format("SELECT id FROM {} WHERE {}", table, where);
    const auto rows = sql().Query(text);
    EXPECT_TRUE(rows.ok()) << text << ": " << rows.status();
    Ids ids;
    if (rows.ok()) {
      for (const SqlRow& row : *rows) ids.insert(std::stoi(*row[0]));
    }
    return ids;
  }

  // Takes the snapshots, some at a time, and compares their rows with the wanted ones.
  void ExpectSnapshotsRead(std::vector<Wanted> all) {
    for (size_t first = 0; first < all.size(); first += kConcurrentSnapshots) {
      const size_t last = std::min(first + kConcurrentSnapshots, all.size());
      std::vector<std::string> names;
      for (size_t i = first; i < last; ++i) {
        const auto started = shop_.admin().Start(all[i].request);
        EXPECT_TRUE(started.ok()) << all[i].what << ": " << started.status();
        names.push_back(started.ok() ? started->snapshot() : "");
      }
      for (size_t i = first; i < last; ++i) {
        if (names[i - first].empty()) continue;
        const v1::Snapshot over = shop_.admin().WaitUntilOver(names[i - first]);
        EXPECT_EQ(over.tables(0).state(), v1::SnapshotTable::STATE_DONE)
            << all[i].what << ": " << over.tables(0).error();
        all[i].rows = RowsRead(over);
      }
    }
    Compare(all);
  }

  // Snapshots of one table run one after the other, so their rows come in that order.
  void Compare(const std::vector<Wanted>& all) {
    std::map<std::string, std::vector<int>> read;
    for (const SeenChange& change : shop_.AllChanges()) {
      if (change.operation != v1::OPERATION_READ) continue;
      read[change.table].push_back(std::stoi(*change.after->at("id")));
    }
    std::map<std::string, size_t> next;
    for (const Wanted& wanted : all) {
      const std::vector<int>& ids = read["shop." + wanted.table];
      size_t& at = next[wanted.table];
      ASSERT_LE(at + wanted.rows, ids.size());
      const auto begin = ids.begin() + static_cast<ptrdiff_t>(at);
      at += wanted.rows;
      const Ids got(begin, begin + static_cast<ptrdiff_t>(wanted.rows));
      EXPECT_EQ(got.size(), wanted.rows) << wanted.what;
      EXPECT_EQ(got, wanted.ids) << wanted.what << Differing(got, wanted.ids);
    }
  }

  // The ids that are in one of the two alone: block and row.
  static std::string Differing(const Ids& got, const Ids& wanted) {
    Ids differing;
    std::set_symmetric_difference(got.begin(), got.end(), wanted.begin(), wanted.end(),
                                  std::inserter(differing, differing.end()));
    std::string text;
    for (const int id : differing) {
      text += fmt::format("\n  block {}, row {}", id / kBlock, id % kBlock);
    }
    return text;
  }

  // Creates a table with a column for each case, and fills it with `blocks` copies of the rows.
  void FillEverything(const std::vector<ConditionCase>& cases, size_t blocks) {
    std::string columns = "id INT PRIMARY KEY";
    size_t rows = 0;
    for (size_t i = 0; i < cases.size(); ++i) {
      columns += fmt::format(", c{} {}", i, cases[i].column);
      rows = std::max(rows, cases[i].values.size());
    }
    sql().MustExecute(fmt::format("CREATE TABLE everything ({})", columns));
    std::vector<std::string> tuples;
    for (size_t block = 0; block < blocks; ++block) {
      for (size_t row = 0; row <= rows; ++row) {
        tuples.push_back(
            TupleOf(cases, static_cast<int>(block) * kBlock + static_cast<int>(row), row));
      }
    }
    sql().MustExecute(fmt::format("INSERT INTO everything VALUES {}", fmt::join(tuples, ", ")));
  }

  // Row number `row` has value number `row` of each type; NULL after the last value.
  static std::string TupleOf(const std::vector<ConditionCase>& cases, int id, size_t row) {
    std::string tuple = fmt::format("({}", id);
    for (const ConditionCase& type : cases) {
      const bool generated = type.column.find("GENERATED") != std::string::npos;
      tuple += ", " + (generated                  ? "DEFAULT"
                       : row < type.values.size() ? type.values[row]
                                                  : "NULL");
    }
    return tuple + ")";
  }

  // One snapshot for all conditions; each applies to its own block of rows.
  Wanted SnapshotOfConditions(const std::vector<ConditionPair>& conditions,
                              const std::string& what) {
    Wanted wanted{
        .table = "everything", .what = what, .request = RequestOf("everything"), .ids = {}};
    std::string where;
    for (size_t block = 0; block < conditions.size(); ++block) {
      const size_t first = block * kBlock;
      const std::string bounds = fmt::format("id BETWEEN {} AND {}", first, first + kBlock - 1);
      where +=
          fmt::format("{}{} AND ({})", block == 0 ? "" : " OR ", bounds, conditions[block].ours);
      wanted.ids.merge(
          Select("everything", fmt::format("{} AND ({})", bounds, conditions[block].sql)));
    }
    wanted.request.set_where(where);
    return wanted;
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(ConditionSnapshot, EveryOperatorOnEveryTypeMatchesSelect) {
  const std::vector<ConditionCase> cases = ConditionCases(GetParam());
  std::vector<std::vector<ConditionPair>> conditions;
  size_t blocks = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    conditions.push_back(ConditionsOn(cases[i], fmt::format("c{}", i)));
    blocks = std::max(blocks, conditions.back().size());
  }
  FillEverything(cases, blocks);
  shop_.StartFeed({"mode: never"});
  std::vector<Wanted> all;
  size_t count = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    all.push_back(SnapshotOfConditions(conditions[i], cases[i].column));
    count += conditions[i].size();
  }
  ExpectSnapshotsRead(std::move(all));
  std::cout << "compared " << count << " conditions on " << cases.size() << " types of "
            << FlavourName(GetParam()) << std::endl;
}

// Converts a literal to the form of key_from and key_to: `'a'` to `a`, `X'00'` to `0x00`.
std::string WithoutQuotes(const std::string& literal) {
  if (literal[0] == 'X') return "0x" + literal.substr(2, literal.size() - 3);
  if (literal[0] != '\'') return literal;
  std::string text;
  for (size_t i = 1; i + 1 < literal.size(); ++i) {
    text += literal[i];
    if (literal[i] == '\'') ++i;
  }
  return text;
}

// Types that a key can have, without literals that start with a keyword.
std::vector<ConditionCase> KeyCases(Flavour flavour) {
  std::vector<ConditionCase> cases = ConditionCases(flavour);
  std::erase_if(cases, [](const ConditionCase& type) {
    for (const char* word : {"TEXT", "BLOB", "JSON", "GENERATED", "BOOL", "COMPRESSED"}) {
      if (type.column.find(word) != std::string::npos) return true;
    }
    return !type.has_order || type.literals.size() < 2;
  });
  return cases;
}

// The bounds limit the first column of the key, so the source may use the index.
TEST_P(ConditionSnapshot, KeyBoundsMatchSelect) {
  const std::vector<ConditionCase> cases = KeyCases(GetParam());
  std::vector<Wanted> all;
  for (size_t i = 0; i < cases.size(); ++i) {
    const ConditionCase& type = cases[i];
    const std::string table = fmt::format("k{}", i);
    const size_t null = type.column.rfind(" NULL");
    const std::string column = type.column.substr(0, null);
    sql().MustExecute(
        fmt::format("CREATE TABLE {} (c {} NOT NULL, id INT, PRIMARY KEY (c, id))", table, column));
    for (size_t row = 0; row < type.values.size(); ++row) {
      sql().MustExecute(
          fmt::format("INSERT INTO {} VALUES ({}, {})", table, type.values[row], row));
    }
    const ConditionPair& a = type.literals[0];
    const ConditionPair& b = type.literals[1];
    Wanted bounded{.table = table,
                   .what = type.column + " by bounds",
                   .request = RequestOf(table),
                   .ids = Select(table, fmt::format("c >= {} AND c < {}", a.sql, b.sql))};
    bounded.request.set_key_from(WithoutQuotes(a.ours));
    bounded.request.set_key_to(WithoutQuotes(b.ours));
    all.push_back(std::move(bounded));
    for (const char* form :
         {"c = {0}", "c > {0}", "c IN ({0}, {1})", "c NOT BETWEEN {0} AND {1}"}) {
      Wanted wanted{.table = table,
                    .what = fmt::format("{}: {}", type.column, form),
                    .request = RequestOf(table),
                    .ids = Select(table, fmt::format(fmt::runtime(form), a.sql, b.sql))};
      wanted.request.set_where(fmt::format(fmt::runtime(form), a.ours, b.ours));
      all.push_back(std::move(wanted));
    }
  }
  shop_.StartFeed({"mode: never"});
  ExpectSnapshotsRead(std::move(all));
}

class ConditionRefused : public ConditionSnapshot {
 protected:
  void StartWithSecret() {
    sql().MustExecute(
        "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), note TEXT, secret VARCHAR(40))");
    sql().MustExecute("INSERT INTO t VALUES (1, 'a', 'b', 's3cr3t')");
    shop_.StartFeed({"mode: never"}, {"shop.*", kMarkerTables},
                    {"exclude_columns: ['shop.t.secret']"});
  }
  std::string RefusalOf(const v1::StartSnapshotRequest& request) {
    return std::string(shop_.admin().Start(request).status().message());
  }
};

TEST_P(ConditionRefused, InjectionsDoNotReachTheSource) {
  StartWithSecret();
  sql().MustExecute("SET GLOBAL log_output = 'TABLE'");
  sql().MustExecute("SET GLOBAL general_log = ON");
  v1::StartSnapshotRequest request = RequestOf("t");
  for (const std::string& attempt : Injections()) {
    request.set_where(attempt);
    EXPECT_THAT(RefusalOf(request), HasSubstr("CONDITION_INVALID")) << attempt;
  }
  request.clear_where();
  for (const char* bound : {"1 OR 1=1", "1) union select zqx -- ", "sleep(100)", "'zqx'"}) {
    request.set_key_from(bound);
    EXPECT_THAT(RefusalOf(request), HasSubstr("CONDITION_INVALID")) << bound;
  }
  sql().MustExecute("SET GLOBAL general_log = OFF");
  std::string log;
  for (const SqlRow& row :
       sql().MustQuery("SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log")) {
    log += absl::AsciiStrToLower(row[0].value_or("")) + "\n";
  }
  EXPECT_THAT(log, HasSubstr("information_schema.columns")) << "the log contains the queries";
  for (const std::string& word : InjectedWords()) EXPECT_THAT(log, Not(HasSubstr(word)));
  EXPECT_THAT(shop_.RowsRead("t"), IsEmpty());
  std::cout << "refused " << Injections().size() << " conditions and 4 bounds on "
            << FlavourName(GetParam()) << std::endl;
}

// A refusal reveals nothing about a column that is not captured.
TEST_P(ConditionRefused, ExcludedColumnIsRefusedLikeUnknownColumn) {
  StartWithSecret();
  const auto refusal = [this](const std::string& column) {
    v1::StartSnapshotRequest request = RequestOf("t");
    request.set_where(column + " = 's3cr3t'");
    std::string text = RefusalOf(request);
    for (size_t at = text.find(column); at != std::string::npos; at = text.find(column)) {
      text.replace(at, column.size(), "X");
    }
    return text;
  };
  EXPECT_THAT(refusal("secret"), HasSubstr("has no captured column 'X'"));
  EXPECT_EQ(refusal("secret"), refusal("nosuch"));
  EXPECT_EQ(refusal("SECRET"), refusal("nosuch"));
}

TEST_P(ConditionRefused, ConditionMustFitEveryTable) {
  sql().MustExecute("CREATE TABLE a (id INT PRIMARY KEY, n INT)");
  sql().MustExecute("CREATE TABLE b (id INT PRIMARY KEY)");
  sql().MustExecute("CREATE TABLE keyless (id INT)");
  sql().MustExecute("INSERT INTO a VALUES (1, 1), (2, 2)");
  sql().MustExecute("INSERT INTO b VALUES (1), (2)");
  shop_.StartFeed({"mode: never"});
  v1::StartSnapshotRequest request = RequestOf("*");
  request.set_where("id = 1");
  EXPECT_THAT(RefusalOf(request), HasSubstr("table shop.keyless has no captured key"));
  request.add_tables("!shop.keyless");
  request.set_where("n = 1");
  EXPECT_THAT(
      RefusalOf(request),
      HasSubstr("CONDITION_INVALID: where at offset 0: table shop.b has no captured column 'n'"));
  request.set_where("id = 1");
  request.set_key_from("1");
  const auto started = shop_.admin().Start(request);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(started->where(), "id = 1");
  EXPECT_EQ(RowsRead(shop_.admin().WaitUntilOver(started->snapshot())), 2u);
}

// Only the source knows all characters of a column's charset.
TEST_P(ConditionRefused, CharactersMissingInCharsetAreRefused) {
  sql().MustExecute("CREATE TABLE l (id INT PRIMARY KEY, c VARCHAR(9) CHARACTER SET latin1)");
  sql().MustExecute("INSERT INTO l VALUES (1, 'é')");
  shop_.StartFeed({"mode: never"});
  v1::StartSnapshotRequest request = RequestOf("l");
  request.set_where("c = '日'");
  const std::string refusal = RefusalOf(request);
  if (!refusal.empty()) {
    EXPECT_THAT(refusal, HasSubstr("CONDITION_INVALID: the source cannot evaluate"));
  } else {
    EXPECT_EQ(RowsRead(shop_.admin().WaitUntilOver().front()), 0u);
  }
}

// The table is altered after the request: the snapshot fails instead of reading rows with another
// meaning.
TEST_P(ConditionRefused, AlterDuringSnapshotFailsTheTable) {
  sql().MustExecute("CREATE TABLE t (id INT PRIMARY KEY, code INT NOT NULL)");
  for (int i = 0; i < 300; ++i) {
    sql().MustExecute(fmt::format("INSERT INTO t VALUES ({}, {})", i, i % 10));
  }
  shop_.StartFeed({"mode: never", "rows_per_second: 100", "chunk_rows_max: 10"});
  v1::StartSnapshotRequest request = RequestOf("t");
  request.set_where("code < 5");
  const auto started = shop_.admin().Start(request);
  ASSERT_TRUE(started.ok()) << started.status();
  shop_.admin().WaitUntilRead(10);
  sql().MustExecute("ALTER TABLE t MODIFY code VARCHAR(20) NOT NULL");
  const v1::Snapshot over = shop_.admin().WaitUntilOver(started->snapshot());
  EXPECT_EQ(over.tables(0).state(), v1::SnapshotTable::STATE_FAILED);
  EXPECT_EQ(over.tables(0).error_reason(), "CONDITION_INVALID");
  EXPECT_THAT(over.tables(0).error(), HasSubstr("column 'code' of shop.t has type varchar(20)"));
  sql().MustExecute("ALTER TABLE t MODIFY code INT NOT NULL");
  ASSERT_TRUE(shop_.admin().Resume(started->snapshot()).ok());
  EXPECT_EQ(RowsRead(shop_.admin().WaitUntilOver(started->snapshot())), 150u);
}

INSTANTIATE_TEST_SUITE_P(Sources, ConditionSnapshot,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Sources, ConditionRefused,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
