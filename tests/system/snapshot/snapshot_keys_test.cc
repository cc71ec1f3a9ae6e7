// SPDX-License-Identifier: Apache-2.0

// Keys of every type: the feed identifies rows the same way as the source.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/snapshot/key_cases.h"
#include "system/snapshot_admin.h"

namespace millrace::testing {
namespace {

// Rows of all tables, by table and row id. Each change of a row changes its number.
using KeyedRows = std::map<std::string, std::map<int, std::string>>;

// Tables in database `shop`, one per key. Each row also has a number outside the key.
class KeyTables {
 public:
  KeyTables(SqlSession sql, std::vector<KeyCase> keys)
      : sql_(std::move(sql)), keys_(std::move(keys)) {
    sql_.MustExecute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    sql_.MustExecute("CREATE DATABASE IF NOT EXISTS shop");
  }
  // Inserts rows without binlog events.
  void Fill() {
    sql_.MustExecute("SET sql_log_bin = 0");
    for (size_t table = 0; table < keys_.size(); ++table) {
      sql_.MustExecute(CreateStatement(keys_[table], NameOf(table)));
      for (size_t id = 0; id < keys_[table].values.size(); ++id) Insert(table, id, 0);
      ASSERT_GE(std::stoi(sql_.MustQueryValue("SELECT COUNT(*) FROM " + NameOf(table))), 2)
          << keys_[table].name;
    }
    sql_.MustExecute("SET sql_log_bin = 1");
  }
  // Tries to change one row; the statement may fail because the key is taken.
  void Step() {
    const size_t table = random_() % keys_.size();
    const size_t id = random_() % keys_[table].values.size();
    const uint64_t kind = random_() % 10;
    if (kind < 5) {
      Update(table, id, "n = n + 1");
    } else if (kind < 7) {
      Delete(table, id);
    } else if (kind < 9) {
      Insert(table, id, random_() % 1000);
    } else {
      MoveTo(table, id, random_() % keys_[table].values.size());
    }
  }
  // Deletes the first row of each table and changes the second.
  void ChangeEach() {
    for (size_t table = 0; table < keys_.size(); ++table) {
      Insert(table, 0, 1);
      Insert(table, 1, 1);
      Delete(table, 0);
      Update(table, 1, "n = n + 7");
    }
  }
  KeyedRows Rows() {
    KeyedRows rows;
    for (size_t table = 0; table < keys_.size(); ++table) {
      auto& of_table = rows[NameOf(table)];
      for (const SqlRow& row : sql_.MustQuery("SELECT id, n FROM " + NameOf(table))) {
        of_table[std::stoi(*row[0])] = *row[1];
      }
    }
    return rows;
  }
  size_t size() const { return keys_.size(); }
  const KeyCase& KeyOf(const std::string& table) const {
    return keys_[std::stoul(table.substr(6))];
  }
  SqlSession& sql() { return sql_; }

 private:
  static std::string NameOf(size_t table) { return fmt::format("shop.k{}", table); }
  void Insert(size_t table, size_t id, uint64_t n) {
    const KeyCase& key = keys_[table];
    Run(
        fmt::format("INSERT INTO {0} (id, n, {1}) SELECT {2}, {3}, {4} FROM DUAL WHERE NOT EXISTS "
                    "(SELECT 1 FROM {0} WHERE id = {2})",
                    NameOf(table), key.names, id, n, key.values[id]));
  }
  void Delete(size_t table, size_t id) {
    Run(fmt::format("DELETE FROM {} WHERE id = {}", NameOf(table), id));
  }
  void Update(size_t table, size_t id, const std::string& what) {
    Run(fmt::format("UPDATE {} SET {} WHERE id = {}", NameOf(table), what, id));
  }
  // Moves the row to the key value number `other`, unless another row has that key.
  void MoveTo(size_t table, size_t id, size_t other) {
    const KeyCase& key = keys_[table];
    if (key.names.find(',') != std::string::npos) return;
    Update(table, id, fmt::format("n = n + 1, {} = {}", key.names, key.values[other]));
  }
  void Run(const std::string& sql) { sql_.Execute(sql).IgnoreError(); }

  SqlSession sql_;
  const std::vector<KeyCase> keys_;
  std::minstd_rand random_{7};
};

class SnapshotKeys : public ::testing::TestWithParam<Flavour> {
 protected:
  void Make(std::vector<KeyCase> keys) {
    tables_.emplace(source_->MustConnect(), std::move(keys));
    tables_->Fill();
  }
  void StartFeed(const std::vector<std::string>& snapshot) {
    feed_ = FeedServer::MustStart(*source_,
                                  {.tables = {"shop.*", kMarkerTables}, .snapshot = snapshot});
  }
  void SnapshotUnderWrites() {
    std::atomic<bool> stopped{false};
    std::thread writer([&] {
      while (!stopped) tables_->Step();
    });
    StartFeed({"mode: initial", "connections: 4", "chunk_rows_max: 2"});
    const v1::Snapshot over = SnapshotAdmin(*feed_).WaitUntilOver(1, absl::Minutes(4)).at(0);
    stopped = true;
    writer.join();
    EXPECT_EQ(static_cast<size_t>(over.tables_size()), tables_->size());
    for (const v1::SnapshotTable& table : over.tables()) {
      EXPECT_EQ(table.state(), v1::SnapshotTable::STATE_DONE)
          << tables_->KeyOf(table.table()).name << ": " << table.ShortDebugString();
    }
  }

  static void Apply(const SeenChange& change, KeyedRows& rows) {
    if (change.operation == v1::OPERATION_SCHEMA_CHANGE) return;
    auto& of_table = rows[change.table];
    if (change.before.has_value()) of_table.erase(std::stoi(*change.before->at("id")));
    if (change.after.has_value()) {
      of_table[std::stoi(*change.after->at("id"))] = *change.after->at("n");
    }
  }
  // The rows after replaying a stream that starts at `at`.
  KeyedRows RowsFrom(v1::StartPoint at) {
    v1::SubscribeRequest request;
    request.set_at(at);
    request.add_tables("shop.*");
    KeyedRows rows;
    for (const SeenChange& change : ChangeReader(*feed_).ReadAll(tables_->sql(), request)) {
      if (at == v1::START_POINT_SNAPSHOT && change.operation == v1::OPERATION_READ) {
        EXPECT_EQ(rows[change.table].count(std::stoi(*change.after->at("id"))), 0u)
            << "duplicate row of " << tables_->KeyOf(change.table).name;
      }
      Apply(change, rows);
    }
    return rows;
  }
  void ExpectEqualSource(const KeyedRows& rows) {
    for (const auto& [table, wanted] : tables_->Rows()) {
      const auto found = rows.find(table);
      EXPECT_EQ(found == rows.end() ? decltype(wanted){} : found->second, wanted)
          << tables_->KeyOf(table).name;
    }
  }
  void ExpectFeedEqualsSource() {
    ExpectEqualSource(RowsFrom(v1::START_POINT_EARLIEST));
    ExpectEqualSource(RowsFrom(v1::START_POINT_SNAPSHOT));
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart(
      {.flavour = GetParam(),
       .options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"}});
  std::optional<KeyTables> tables_;
  std::unique_ptr<FeedServer> feed_;
};

TEST_P(SnapshotKeys, EveryTypeAsKeyIsReadUnderWrites) {
  Make(TypeKeyCases(GetParam()));
  SnapshotUnderWrites();
  ExpectFeedEqualsSource();
  tables_->ChangeEach();
  ExpectFeedEqualsSource();
  feed_->Stop();
  feed_->Start();
  ExpectFeedEqualsSource();
}

TEST_P(SnapshotKeys, EveryCollationAsKeyIsReadUnderWrites) {
  SqlSession sql = source_->MustConnect();
  Make(CollationKeyCases(sql));
  SnapshotUnderWrites();
  ExpectFeedEqualsSource();
  tables_->ChangeEach();
  ExpectFeedEqualsSource();
}

// Two rows whose keys and all other values have the same text.
TEST_P(SnapshotKeys, RowsWithEqualTextStaySeparate) {
  Make({{"", "k ENUM('','b') NOT NULL", "PRIMARY KEY (k)", "k", {"0", "1", "2"}}});
  StartFeed({"mode: initial", "chunk_rows_max: 1"});
  SnapshotAdmin(*feed_).WaitUntilOver();
  tables_->sql().MustExecute("UPDATE shop.k0 SET id = 5, n = 5 WHERE k < 2");
  tables_->sql().MustExecute("DELETE FROM shop.k0 WHERE k = 0");
  ChangeReader reader(*feed_);
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_SNAPSHOT);
  std::vector<std::string> ids;
  for (const SeenChange& change : reader.ReadAll(tables_->sql(), request)) {
    ids.push_back(*change.after->at("id"));
  }
  EXPECT_THAT(ids, ::testing::UnorderedElementsAre("5", "2"));
}

// The rows were equal in this column before it became the key.
TEST_P(SnapshotKeys, LaterKeyDoesNotMergeEarlierRows) {
  Make({{"", "k INT NOT NULL", "INDEX (k)", "k", {"1", "1", "2"}}});
  StartFeed({"mode: initial"});
  SnapshotAdmin(*feed_).WaitUntilOver();
  tables_->sql().MustExecute("DELETE FROM shop.k0 WHERE id = 0");
  tables_->sql().MustExecute("CREATE UNIQUE INDEX by_k ON shop.k0 (k)");
  ExpectFeedEqualsSource();
  tables_->sql().MustExecute("UPDATE shop.k0 SET n = 3 WHERE id = 2");
  ExpectFeedEqualsSource();
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotKeys,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
