// SPDX-License-Identifier: Apache-2.0

// Snapshots from an operator's view: which tables they read, when, how fast, and how to control
// them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SnapshotReading : public ::testing::TestWithParam<Flavour> {
 protected:
  // Changes the captured tables and restarts the server.
  void RestartWithTable(const std::string& from, const std::string& to) {
    std::ifstream in(shop_.feed().config_file());
    std::stringstream text;
    text << in.rdbuf();
    std::string config = text.str();
    config.replace(config.find(from), from.size(), to);
    shop_.feed().Stop();
    std::ofstream(shop_.feed().config_file()) << config;
    shop_.feed().Start();
  }
  v1::SnapshotTable Read(const std::string& table) {
    const auto tables = TablesOf(shop_.admin().WaitUntilOver(), table);
    EXPECT_THAT(tables, SizeIs(1));
    return tables.empty() ? v1::SnapshotTable() : tables.front();
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(SnapshotReading, EmptyTableIsDoneWithoutRows) {
  shop_.Fill("pair", 0);
  shop_.Fill("keyless", 0);
  shop_.StartFeed({"mode: initial"});
  EXPECT_EQ(Read("pair").state(), v1::SnapshotTable::STATE_DONE);
  EXPECT_EQ(Read("keyless").rows_read(), 0u);
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair", "keyless"}), 0u);
}

TEST_P(SnapshotReading, IdleSourceIsReadImmediately) {
  shop_.Fill("pair", 100);
  shop_.StartFeed({"mode: initial"}, {"shop.*", kMarkerTables}, {"heartbeat_period: 1h"});
  EXPECT_EQ(Read("pair").rows_read(), 100u);
}

// Refused logins can block the account, for example by max_password_errors on MariaDB.
TEST_P(SnapshotReading, OnlyTheStreamRetriesRefusedLogins) {
  const auto refusals = [this] {
    return std::stoul(*shop_.sql().MustQuery("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")[0][1]);
  };
  shop_.StartFeed({"mode: initial"});
  shop_.feed().Stop();
  shop_.sql().MustExecute("ALTER USER 'millrace'@'%' IDENTIFIED BY 'other'");
  shop_.sql().MustExecute("ALTER USER 'millrace'@'localhost' IDENTIFIED BY 'other'");
  const size_t before = refusals();
  shop_.feed().Start();
  while (refusals() - before < 20) shop_.sql().MustExecute("DO SLEEP(0.05)");
  const std::string log = shop_.feed().LogText();
  size_t attempts = 0;
  for (size_t at = log.find("source lost"); at != std::string::npos;
       at = log.find("source lost", at + 1)) {
    ++attempts;
  }
  EXPECT_GE(attempts + 1, 20u) << "another thread connects too";
}

TEST_P(SnapshotReading, EmptyDatabaseNeedsNoSnapshot) {
  shop_.StartFeed({"mode: initial"});
  shop_.Fill("pair", 0);
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1)");
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair"}), 0u)
      << "the log has the table from its beginning";
}

TEST_P(SnapshotReading, ModeNeverReadsOnlyOnRequest) {
  shop_.Fill("pair", 100);
  shop_.StartFeed({"mode: never"});
  shop_.sql().MustExecute("UPDATE shop.pair SET n = n + 1");
  EXPECT_THAT(shop_.RowsRead("pair"), IsEmpty());
  EXPECT_THAT(shop_.admin().List(), IsEmpty());
  ASSERT_TRUE(shop_.admin().Start({"shop.pair"}).ok());
  EXPECT_EQ(Read("pair").rows_read(), 100u);
  EXPECT_THAT(shop_.RowsRead("pair"), SizeIs(100));
}

TEST_P(SnapshotReading, OnlyTheNewlyCapturedTableIsRead) {
  shop_.Fill("pair", 100);
  shop_.Fill("bytes", 100);
  shop_.StartFeed({"mode: initial"}, {"shop.pair", kMarkerTables});
  EXPECT_EQ(Read("pair").rows_read(), 100u);
  RestartWithTable("shop.pair", "shop.*");
  shop_.admin().WaitUntilOver(2);
  EXPECT_EQ(Read("bytes").rows_read(), 100u);
  EXPECT_EQ(Read("pair").rows_read(), 100u) << "it was not read again";
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair", "bytes"}), 200u);
}

TEST_P(SnapshotReading, TableRenamedIntoCaptureIsReadAutomatically) {
  shop_.Fill("pair", 100);
  shop_.sql().MustExecute("CREATE DATABASE elsewhere");
  shop_.sql().MustExecute("RENAME TABLE shop.pair TO elsewhere.pair");
  shop_.StartFeed({"mode: initial"});
  shop_.sql().MustExecute("RENAME TABLE elsewhere.pair TO shop.pair");
  EXPECT_EQ(Read("pair").rows_read(), 100u);
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair"}), 100u);
}

TEST_P(SnapshotReading, SnapshotSurvivesBinlogPurges) {
  shop_.Fill("pair", 3000);
  shop_.StartFeed(SlowSnapshot(1500));
  const auto load = shop_.Write({"pair"}, 4000, std::chrono::milliseconds(1));
  for (uint64_t rows = 300; rows < 2000; rows += 300) {
    shop_.admin().WaitUntilRead(rows);
    ChangeReader(shop_.feed()).CurrentToken(shop_.sql());
    shop_.sql().MustExecute("FLUSH BINARY LOGS");
    const SqlRows logs = shop_.sql().MustQuery("SHOW BINARY LOGS");
    shop_.sql().MustExecute("PURGE BINARY LOGS TO '" + *logs.back()[0] + "'");
  }
  EXPECT_EQ(Read("pair").state(), v1::SnapshotTable::STATE_DONE);
  load->Stop();
  EXPECT_GT(shop_.ExpectFeedEqualsSource({"pair"}), 1000u);
}

TEST_P(SnapshotReading, PartialRowImagesLeaveNoIncompleteRow) {
  shop_.Fill("int_auto", 3000);
  SqlSession partial = WritingSession(shop_.source());
  partial.MustExecute("SET binlog_row_image = MINIMAL");
  shop_.StartFeed(SlowSnapshot(1500));
  const SnapshotTableSpec table = shop_.Table("int_auto");
  for (uint64_t i = 0; !Over(shop_.admin().Newest()); ++i) {
    const uint64_t number = i * 7919 % 4000;
    partial.MustExecute("UPDATE shop.int_auto SET n = n + 1 WHERE " + table.Where(number));
    partial.MustExecute("DELETE FROM shop.int_auto WHERE " + table.Where(number + 1));
    partial.MustExecute(fmt::format("REPLACE INTO shop.int_auto ({}) VALUES {}",
                                    table.InsertColumns(), table.Values(number + 2, 0, i)));
  }
  shop_.ExpectFeedEqualsSource({"int_auto"});
}

TEST_P(SnapshotReading, PausedSnapshotResumesWhereItStopped) {
  shop_.Fill("pair", 3000);
  shop_.StartFeed(SlowSnapshot(2000));
  shop_.admin().WaitUntilRead(500);
  const std::string name = shop_.admin().Newest().snapshot();
  ASSERT_EQ(shop_.admin().Pause(name)->state(), v1::Snapshot::STATE_PAUSED);
  shop_.feed().Kill();
  shop_.feed().Start();
  const uint64_t rows = RowsRead(shop_.admin().Find(name));
  shop_.AllChanges();
  EXPECT_EQ(shop_.admin().Find(name).state(), v1::Snapshot::STATE_PAUSED);
  EXPECT_LE(RowsRead(shop_.admin().Find(name)), rows + 200) << "it is paused";
  ASSERT_TRUE(shop_.admin().Resume(name).ok());
  EXPECT_EQ(Read("pair").rows_read(), 3000u);
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair"}), 3000u);
}

TEST_P(SnapshotReading, NewRequestAfterCancelReadsAllRows) {
  shop_.Fill("pair", 3000);
  shop_.StartFeed(SlowSnapshot(2000));
  shop_.admin().WaitUntilRead(500);
  const std::string name = shop_.admin().Newest().snapshot();
  ASSERT_EQ(shop_.admin().Cancel(name)->state(), v1::Snapshot::STATE_CANCELED);
  EXPECT_LT(RowsRead(shop_.admin().WaitUntilOver(name)), 3000u);
  const auto again = shop_.admin().Start({"shop.pair"});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(RowsRead(shop_.admin().WaitUntilOver(again->snapshot())), 3000u);
  EXPECT_GT(shop_.ExpectFeedEqualsSource({"pair"}), 3400u);
}

TEST_P(SnapshotReading, RequestCanLimitItsRows) {
  shop_.Fill("int_auto", 1000);
  shop_.StartFeed({"mode: never", "chunk_rows_max: 30"});
  v1::StartSnapshotRequest range;
  range.add_tables("shop.int_auto");
  range.set_key_from("101");
  range.set_key_to("300");
  const auto bounded = shop_.admin().Start(range);
  ASSERT_TRUE(bounded.ok()) << bounded.status();
  EXPECT_EQ(RowsRead(shop_.admin().WaitUntilOver(bounded->snapshot())), 199u);
  range.set_where("id <= 200 AND n IS NOT NULL");
  const auto both = shop_.admin().Start(range);
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(RowsRead(shop_.admin().WaitUntilOver(both->snapshot())), 100u);
  std::set<int> ids;
  for (const SeenRow& row : shop_.RowsRead("int_auto")) ids.insert(std::stoi(*row.at("id")));
  EXPECT_THAT(ids, SizeIs(199));
  EXPECT_EQ(*ids.begin(), 101);
  EXPECT_EQ(*ids.rbegin(), 299);
}

TEST_P(SnapshotReading, InvalidRequestIsRefusedWithReason) {
  shop_.Fill("int_auto", 10);
  shop_.Fill("pair", 10);
  shop_.StartFeed({"mode: never"});
  const auto message = [this](const v1::StartSnapshotRequest& request) {
    return std::string(shop_.admin().Start(request).status().message());
  };
  v1::StartSnapshotRequest request;
  request.add_tables("shop.nothing");
  EXPECT_THAT(message(request), HasSubstr("TABLE_UNKNOWN"));
  request.set_tables(0, "shop.*");
  request.set_where("id = 1");
  EXPECT_THAT(message(request), HasSubstr("CONDITION_INVALID"));
  request.clear_tables();
  EXPECT_THAT(message(request), HasSubstr("REQUEST_INVALID"));
  EXPECT_THAT(shop_.admin().Pause("none").status().message(), HasSubstr("SNAPSHOT_NOT_FOUND"));
}

TEST_P(SnapshotReading, LockedTableIsRetriedAndShowsTheReason) {
  shop_.Fill("pair", 100);
  SqlSession other = WritingSession(shop_.source());
  other.MustExecute("LOCK TABLES shop.pair WRITE");
  shop_.StartFeed({"mode: initial", "query_time_max: 100ms", "chunk_rows_max: 10"});
  shop_.admin().WaitUntil("the reason is shown", [](const auto& all) {
    const auto tables = TablesOf(all, "pair");
    return !tables.empty() && tables.front().error_reason() == "QUERY_TIMEOUT";
  });
  other.MustExecute("UNLOCK TABLES");
  EXPECT_EQ(Read("pair").rows_read(), 100u);
  EXPECT_EQ(Read("pair").error(), "");
}

TEST_P(SnapshotReading, RowsPerSecondIsRespected) {
  shop_.Fill("pair", 4000);
  shop_.StartFeed({"mode: initial", "rows_per_second: 1000", "chunk_rows_max: 100"});
  shop_.admin().WaitUntilRead(100);
  const uint64_t first = RowsRead(shop_.admin().Newest());
  const absl::Time begin = absl::Now();
  EXPECT_EQ(Read("pair").rows_read(), 4000u);
  const double rate =
      static_cast<double>(4000 - first) / absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_LT(rate, 1300);
  // The feed does not make up for time lost on a busy machine, because that would be a burst.
  EXPECT_GT(rate, 400);
}

TEST_P(SnapshotReading, SnapshotWaitsWhileSourceIsBusy) {
  shop_.Fill("pair", 2000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this] {
      SqlSession busy = WritingSession(shop_.source());
      static_cast<void>(busy.Query("SELECT BENCHMARK(400000000, 1 + 1)"));
    });
  }
  shop_.StartFeed({"mode: initial", "threads_running_max: 4", "chunk_rows_max: 100"});
  shop_.admin().WaitUntil("the snapshot waits", [](const auto& all) {
    return !all.empty() && all.front().waiting().find("threads_running_max") != std::string::npos;
  });
  EXPECT_LT(RowsRead(shop_.admin().Newest()), 2000u);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Read("pair").rows_read(), 2000u);
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotReading,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
