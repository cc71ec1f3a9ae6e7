// SPDX-License-Identifier: Apache-2.0

// Tables that only MariaDB has: system-versioned tables, hidden columns, sequences, and types that
// its binlog does not distinguish from BINARY.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/snapshot_admin.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class MariadbTables : public ::testing::Test {
 protected:
  MariadbTables() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("USE shop");
  }
  void StartFeed(const std::string& mode = "initial") {
    feed_ = FeedServer::MustStart(
        *source_, {.tables = {"shop.*", kMarkerTables}, .snapshot = {"mode: " + mode}});
  }
  std::vector<SeenChange> Changes(v1::StartPoint at = v1::START_POINT_EARLIEST) {
    v1::SubscribeRequest request;
    request.set_at(at);
    request.add_tables("shop.*");
    std::vector<SeenChange> changes = ChangeReader(*feed_).ReadAll(sql_, request);
    std::erase_if(changes, [](const SeenChange& change) {
      return change.operation == v1::OPERATION_SCHEMA_CHANGE;
    });
    return changes;
  }
  // Each row change as `operation id`.
  std::vector<std::string> ChangeTexts() {
    std::vector<std::string> texts;
    for (const SeenChange& change : Changes()) {
      const SeenRow& row = change.after.has_value() ? *change.after : *change.before;
      texts.push_back(
          fmt::format("{} {}", v1::Operation_Name(change.operation).substr(10), *row.at("id")));
    }
    return texts;
  }
  // Replays a stream from `at` to now. Returns the note of each row by its id.
  std::map<std::string, std::string> RowsFrom(v1::StartPoint at) {
    std::map<std::string, std::string> rows;
    for (const SeenChange& change : Changes(at)) {
      if (change.before.has_value()) rows.erase(*change.before->at("id"));
      if (change.after.has_value()) rows[*change.after->at("id")] = *change.after->at("note");
    }
    return rows;
  }
  void ExpectFeedEqualsTable(const std::string& table) {
    std::map<std::string, std::string> wanted;
    for (const SqlRow& row : sql_.MustQuery("SELECT id, note FROM " + table)) {
      wanted[*row[0]] = *row[1];
    }
    EXPECT_EQ(RowsFrom(v1::START_POINT_EARLIEST), wanted);
    EXPECT_EQ(RowsFrom(v1::START_POINT_SNAPSHOT), wanted);
  }
  std::vector<std::string> ColumnsOf(const std::string& table) {
    v1::GetTableRequest request;
    request.set_database("shop");
    request.set_table(table);
    std::vector<std::string> names;
    const auto found = feed_->client().GetTable(request);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return names;
    for (const v1::Column& column : found->table().columns()) names.push_back(column.column());
    return names;
  }
  void ChangeRows(const std::string& table) {
    sql_.MustExecute(fmt::format("INSERT INTO {} (id, note) VALUES (4, 'd'), (5, 'e')", table));
    sql_.MustExecute(fmt::format("UPDATE {} SET note = 'x' WHERE id IN (1, 4)", table));
    sql_.MustExecute(fmt::format("UPDATE {} SET id = 9 WHERE id = 5", table));
    sql_.MustExecute(fmt::format("DELETE FROM {} WHERE id IN (2, 4)", table));
    sql_.MustExecute(fmt::format("DELETE FROM {} WHERE id = 1", table));
    sql_.MustExecute(fmt::format("REPLACE INTO {} (id, note) VALUES (1, 'r')", table));
  }
  void ExpectOnlyCurrentRows(const std::string& create) {
    sql_.MustExecute(create);
    sql_.MustExecute("INSERT INTO item (id, note) VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    sql_.MustExecute("UPDATE item SET note = 'later' WHERE id = 3");
    StartFeed();
    SnapshotAdmin(*feed_).WaitUntilOver();
    ExpectFeedEqualsTable("item");
    ChangeRows("item");
    ExpectFeedEqualsTable("item");
    sql_.MustExecute("DELETE HISTORY FROM item");
    ExpectFeedEqualsTable("item");
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = Flavour::kMariadb});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_F(MariadbTables, VersionedTableHasOnlyCurrentRows) {
  ExpectOnlyCurrentRows(
      "CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(20)) WITH SYSTEM VERSIONING");
  EXPECT_THAT(ColumnsOf("item"), ElementsAre("id", "note"));
}

TEST_F(MariadbTables, TableWithNamedTimesHasOnlyCurrentRows) {
  ExpectOnlyCurrentRows(
      "CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(20), since TIMESTAMP(6) GENERATED "
      "ALWAYS AS ROW START, until TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR "
      "SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING");
  EXPECT_THAT(ColumnsOf("item"), ElementsAre("id", "note", "since", "until"));
}

// MariaDB logs changes of such tables as statements in every binlog format.
TEST_F(MariadbTables, TableVersionedByTransactionsStopsTheFeed) {
  StartFeed("never");
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(20), since BIGINT UNSIGNED GENERATED "
      "ALWAYS AS ROW START, until BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR "
      "SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING");
  sql_.MustExecute("INSERT INTO item (id, note) VALUES (1, 'a')");
  feed_->WaitForReason("STATEMENT_BASED_CHANGE");
}

TEST_F(MariadbTables, VersionedTableWithoutKeyHasOnlyCurrentRows) {
  ExpectOnlyCurrentRows("CREATE TABLE item (id INT, note VARCHAR(20)) WITH SYSTEM VERSIONING");
}

TEST_F(MariadbTables, VersionedTableDeliversOnlyCurrentRowChanges) {
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(20)) WITH SYSTEM VERSIONING");
  StartFeed("never");
  sql_.MustExecute("INSERT INTO item VALUES (1, 'a'), (2, 'b')");
  sql_.MustExecute("UPDATE item SET note = 'x'");
  sql_.MustExecute("DELETE FROM item WHERE id = 1");
  EXPECT_THAT(ChangeTexts(),
              ElementsAre("INSERT 1", "INSERT 2", "UPDATE 1", "UPDATE 2", "DELETE 1"));
}

TEST_F(MariadbTables, DroppedVersionedTableHasOnlyCurrentRows) {
  StartFeed("never");
  ChangeReader(*feed_).CurrentToken(sql_);
  feed_->Stop();
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(20)) WITH SYSTEM VERSIONING");
  sql_.MustExecute("INSERT INTO item VALUES (1, 'a')");
  sql_.MustExecute("UPDATE item SET note = 'x'");
  sql_.MustExecute("DROP TABLE item");
  feed_->Start();
  EXPECT_THAT(ChangeTexts(), ElementsAre("INSERT 1", "UPDATE 1"));
}

TEST_F(MariadbTables, HiddenColumnsAreNeverDelivered) {
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, note TEXT, DB_ROW_HASH_1 BIGINT, UNIQUE KEY (note))");
  sql_.MustExecute("INSERT INTO item VALUES (1, 'a', 7), (2, 'b', 8)");
  StartFeed();
  SnapshotAdmin(*feed_).WaitUntilOver();
  sql_.MustExecute("INSERT INTO item VALUES (3, 'c', 9)");
  sql_.MustExecute("UPDATE item SET note = 'x' WHERE id = 1");
  sql_.MustExecute("DELETE FROM item WHERE id = 2");
  ExpectFeedEqualsTable("item");
  EXPECT_THAT(ColumnsOf("item"), ElementsAre("id", "note", "DB_ROW_HASH_1"));
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  request.add_tables("shop.item");
  request.set_row_encoding(v1::ROW_ENCODING_JSON);
  request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
  const auto stream = feed_->client().Subscribe({.request = request});
  const auto batch = stream->Next();
  ASSERT_TRUE(batch.ok() && batch->has_value());
  for (const v1::Transaction& transaction : (*batch)->transactions()) {
    for (const v1::Change& change : transaction.changes()) {
      const std::string row = change.after_json() + change.before_json();
      EXPECT_THAT(row, ::testing::Not(HasSubstr("DB_ROW_HASH_2")));
      EXPECT_THAT(row, HasSubstr("DB_ROW_HASH_1"));
    }
  }
}

TEST_F(MariadbTables, SequencesAreNotCaptured) {
  StartFeed("never");
  sql_.MustExecute("CREATE SEQUENCE numbers CACHE 2");
  for (int i = 0; i < 6; ++i) sql_.MustQuery("SELECT NEXTVAL(numbers)");
  sql_.MustExecute("CREATE TABLE item (id INT PRIMARY KEY DEFAULT NEXTVAL(numbers), note TEXT)");
  sql_.MustExecute("INSERT INTO item (note) VALUES ('a')");
  EXPECT_THAT(ChangeTexts(), ElementsAre("INSERT 7"));
  feed_->WaitForLog("shop.numbers is a sequence: its values are not captured");
}

class LaggingFeed : public MariadbTables {
 protected:
  // Runs the statements while the feed is stopped.
  void RunWhileStopped(const std::vector<std::string>& statements) {
    ChangeReader(*feed_).CurrentToken(sql_);
    feed_->Stop();
    for (const std::string& statement : statements) sql_.MustExecute(statement);
    feed_->Start();
  }
  std::vector<std::pair<std::string, std::string>> Values() {
    std::vector<std::pair<std::string, std::string>> values;
    for (const SeenChange& change : Changes()) {
      values.emplace_back(*change.after->at("u"), *change.after->at("i"));
    }
    return values;
  }
  // The rows as JSON, with the names and types that the table had at each change.
  std::vector<std::string> JsonRows() {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_EARLIEST);
    request.add_tables("shop.*");
    request.set_row_encoding(v1::ROW_ENCODING_JSON);
    request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
    const auto stream = feed_->client().Subscribe({.request = request});
    std::vector<std::string> rows;
    for (auto batch = stream->Next(); batch.ok() && batch->has_value(); batch = stream->Next()) {
      for (const v1::Transaction& transaction : (*batch)->transactions()) {
        for (const v1::Change& change : transaction.changes()) {
          if (!change.after_json().empty()) rows.push_back(change.after_json());
        }
      }
    }
    return rows;
  }
  static constexpr const char* kInsertBytes =
      "INSERT INTO n VALUES (2, '0123456789abcdef', '0123456789abcdef')";
  static constexpr const char* kBytes = "0x30313233343536373839616263646566";
  static constexpr const char* kUuid = "00112233-4455-6677-8899-aabbccddeeff";
  static std::string Insert(const std::string& table) {
    return fmt::format("INSERT INTO {} VALUES (1, '{}', '::1')", table, kUuid);
  }
  static std::string Create(const std::string& table) {
    return fmt::format("CREATE TABLE {} (id INT PRIMARY KEY, u UUID, i INET6)", table);
  }
};

TEST_F(LaggingFeed, TypesSurviveARename) {
  StartFeed("never");
  RunWhileStopped({Create("n"), Insert("n"), "RENAME TABLE n TO n2",
                   "INSERT INTO n2 VALUES (2, NULL, NULL)", "DELETE FROM n2 WHERE id = 2"});
  const std::vector<SeenChange> changes = Changes();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].table, "shop.n");
  EXPECT_EQ(changes[0].after->at("u"), kUuid);
  EXPECT_EQ(changes[0].after->at("i"), "::1");
}

TEST_F(LaggingFeed, TypesSurviveADrop) {
  StartFeed("never");
  RunWhileStopped({Create("n"), Insert("n"), "DROP TABLE n"});
  EXPECT_THAT(Values(), ElementsAre(Pair(kUuid, "::1")));
}

TEST_F(LaggingFeed, TypesAreThoseAtThePosition) {
  StartFeed("never");
  RunWhileStopped({Create("n"), Insert("n"), "DROP TABLE n",
                   "CREATE TABLE n (id INT PRIMARY KEY, u BINARY(16), i BINARY(16))"});
  EXPECT_THAT(Values(), ElementsAre(Pair(kUuid, "::1")));
}

TEST_F(LaggingFeed, TypesSurviveCopyAlterAndSwap) {
  sql_.MustExecute(Create("n"));
  StartFeed("never");
  sql_.MustExecute(Insert("n"));
  RunWhileStopped({"CREATE TABLE n_new LIKE n", "ALTER TABLE n_new ADD COLUMN more INT",
                   "ALTER TABLE n_new RENAME COLUMN u TO v",
                   "ALTER TABLE n_new RENAME COLUMN v TO u",
                   "INSERT INTO n_new SELECT id, u, i, 1 FROM n",
                   "RENAME TABLE n TO n_old, n_new TO n", "DROP TABLE n_old"});
  EXPECT_THAT(Values(), ElementsAre(Pair(kUuid, "::1"), Pair(kUuid, "::1")));
}

TEST_F(LaggingFeed, TypesBetweenAltersAreThoseAtThePosition) {
  sql_.MustExecute(Create("n"));
  sql_.MustExecute(Insert("n"));
  StartFeed();
  SnapshotAdmin(*feed_).WaitUntilOver();
  RunWhileStopped({"ALTER TABLE n MODIFY u BINARY(16), MODIFY i BINARY(16)", kInsertBytes,
                   "ALTER TABLE n MODIFY i INET6, MODIFY u UUID",
                   fmt::format("INSERT INTO n VALUES (3, '{}', '::2')", kUuid)});
  EXPECT_THAT(JsonRows(), ElementsAre(HasSubstr(kUuid), HasSubstr("MDEyMzQ1Njc4OWFiY2RlZg=="),
                                      ::testing::AllOf(HasSubstr(kUuid), HasSubstr("::2"))));
}

TEST_F(LaggingFeed, AddedColumnKeepsItsOriginalType) {
  StartFeed("never");
  sql_.MustExecute("CREATE TABLE n (id INT PRIMARY KEY)");
  RunWhileStopped({"ALTER TABLE n ADD u BINARY(16), ADD COLUMN (i BINARY(16))", kInsertBytes,
                   "ALTER TABLE n MODIFY u UUID, MODIFY i INET6"});
  EXPECT_THAT(Values(), ElementsAre(Pair(kBytes, kBytes)));
}

// The log contains neither the CREATE TABLE nor a row of the table.
TEST_F(LaggingFeed, UnknownEarlierTypesStopTheFeed) {
  sql_.MustExecute(Create("n"));
  StartFeed("never");
  RunWhileStopped({"ALTER TABLE n MODIFY u BINARY(16), MODIFY i BINARY(16)", kInsertBytes,
                   "ALTER TABLE n MODIFY u UUID"});
  EXPECT_THAT(feed_->WaitForReason("SCHEMA_UNPROVEN").ShortDebugString(),
              HasSubstr("source.exclude_columns"));
}

TEST_F(LaggingFeed, UnrelatedLaterStatementsKeepCurrentTypes) {
  sql_.MustExecute(Create("n"));
  sql_.MustExecute("CREATE TABLE other (id INT PRIMARY KEY, u UUID)");
  StartFeed("never");
  RunWhileStopped({Insert("n"), "ALTER TABLE n ADD COLUMN more INT", "ALTER TABLE n ADD INDEX (u)",
                   "ALTER TABLE other MODIFY u BINARY(16)", "OPTIMIZE TABLE n",
                   "CREATE TEMPORARY TABLE n (u BINARY(16))", "DROP TEMPORARY TABLE n"});
  EXPECT_THAT(Values(), ElementsAre(Pair(kUuid, "::1")));
  sql_.MustExecute("INSERT INTO other VALUES (1, 'a')");
  sql_.MustExecute("INSERT INTO n VALUES (2, NULL, NULL, 1)");
  EXPECT_EQ(ChangeTexts().size(), 3u);
}

TEST_F(LaggingFeed, TemporaryVersioningIsOmitted) {
  sql_.MustExecute("CREATE TABLE item (id INT PRIMARY KEY, note TEXT)");
  sql_.MustExecute("INSERT INTO item VALUES (1, 'a')");
  StartFeed();
  SnapshotAdmin(*feed_).WaitUntilOver();
  RunWhileStopped({"ALTER TABLE item ADD SYSTEM VERSIONING", "UPDATE item SET note = 'x'",
                   "INSERT INTO item VALUES (2, 'b')", "DELETE FROM item WHERE id = 1",
                   "ALTER TABLE item DROP SYSTEM VERSIONING", "INSERT INTO item VALUES (3, 'c')"});
  EXPECT_THAT(ChangeTexts(), ElementsAre("READ 1", "UPDATE 1", "INSERT 2", "DELETE 1", "INSERT 3"));
  EXPECT_THAT(ColumnsOf("item"), ElementsAre("id", "note"));
}

TEST_F(LaggingFeed, NamedTemporaryVersioningIsOmitted) {
  StartFeed("never");
  sql_.MustExecute("CREATE TABLE item (id INT PRIMARY KEY, note TEXT)");
  sql_.MustExecute("SET system_versioning_alter_history = KEEP");
  RunWhileStopped(
      {"ALTER TABLE item ADD s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, ADD e "
       "TIMESTAMP(6) GENERATED ALWAYS AS ROW END, ADD PERIOD FOR SYSTEM_TIME (s, e), ADD "
       "SYSTEM VERSIONING",
       "INSERT INTO item (id, note) VALUES (1, 'a')", "UPDATE item SET note = 'x'",
       "ALTER TABLE item DROP SYSTEM VERSIONING, DROP PERIOD FOR SYSTEM_TIME, DROP s, DROP e",
       "INSERT INTO item VALUES (3, 'c')"});
  EXPECT_THAT(ChangeTexts(), ElementsAre("INSERT 1", "UPDATE 1", "INSERT 3"));
}

TEST_F(LaggingFeed, TypesFromStatementsSurviveARestart) {
  StartFeed("never");
  RunWhileStopped({Create("n")});
  ChangeReader(*feed_).CurrentToken(sql_);
  RunWhileStopped({Insert("n"), "DROP TABLE n"});
  EXPECT_THAT(Values(), ElementsAre(Pair(kUuid, "::1")));
}

TEST_F(LaggingFeed, UnknownTypesStopTheFeed) {
  sql_.MustExecute(Create("n"));
  StartFeed("never");
  RunWhileStopped({Insert("n"), "RENAME TABLE n TO n2"});
  EXPECT_THAT(feed_->WaitForReason("SCHEMA_UNPROVEN").ShortDebugString(),
              HasSubstr("source.exclude_columns"));
}

TEST_F(LaggingFeed, BinaryOfADroppedTableIsBytes) {
  StartFeed("never");
  RunWhileStopped({"CREATE TABLE n (id INT PRIMARY KEY, u BINARY(16), i BINARY(4))",
                   "INSERT INTO n VALUES (1, 'a', 'b')", "DROP TABLE n"});
  EXPECT_THAT(Values(), ElementsAre(Pair("0x61000000000000000000000000000000", "0x62000000")));
}

}  // namespace
}  // namespace millrace::testing
