// SPDX-License-Identifier: Apache-2.0

#include "mysql/read_marks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "mysql/current_position.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

constexpr Micros kSecond = 1'000'000;

// A server with a table d.t, a connection of the feed, and threads that insert rows, one for each
// transaction, until the test ends.
class ReadMarksTest : public SourceTest {
 protected:
  void StartServer(std::vector<std::string> options = {}) {
    server_ = Start(std::move(options));
    root_.emplace(server_->MustConnect());
    root_->MustExecute("CREATE DATABASE d");
    root_->MustExecute(
        "CREATE TABLE d.t (a BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT, n BIGINT, "
        "KEY (writer, n))");
    connection_ = MustConnect(OptionsFor(*server_));
  }
  void StartWriters(int count) {
    for (int writer = 0; writer < count; ++writer) {
      writers_.emplace_back([this, writer](std::stop_token stop) {
        auto session = server_->MustConnect();
        while (!stop.stop_requested()) {
          session.MustExecute("INSERT INTO d.t (writer) VALUES (" + std::to_string(writer) + ")");
        }
      });
    }
  }
  uint64_t Count(Connection& connection) {
    const auto value = connection.QueryValue("SELECT COUNT(*) FROM d.t");
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? std::strtoull(value->value_or("0").c_str(), nullptr, 10) : 0;
  }
  // The GTIDs in the binlog, which may be ahead of gtid_executed.
  GtidSet Gtids() { return CurrentPosition(*connection_).value().gtids; }

  std::unique_ptr<testing::SourceServer> server_;
  std::optional<testing::SqlSession> root_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::jthread> writers_;
};

TEST_P(ReadMarksTest, EndOfTheBinlogMovesWithEachTransaction) {
  StartServer();
  const BinlogPlace before = BinlogEnd(*connection_).value().place;
  root_->MustExecute("INSERT INTO d.t (writer) VALUES (1)");
  const BinlogPlace after = BinlogEnd(*connection_).value().place;
  EXPECT_TRUE(CompareBinlogPlaces(before.file, before.offset, after) < 0);
  root_->MustExecute("FLUSH BINARY LOGS");
  const BinlogPlace next = BinlogEnd(*connection_).value().place;
  EXPECT_NE(next.file, after.file);
  EXPECT_TRUE(CompareBinlogPlaces(after.file, after.offset, next) < 0);
}

TEST_P(ReadMarksTest, ConsistentReadSeesOneStateUntilItEnds) {
  StartServer();
  root_->MustExecute("SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED");
  connection_ = MustConnect(OptionsFor(*server_));
  const auto place = BeginConsistentRead(*connection_);
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->has_value(), !mysql());
  root_->MustExecute("INSERT INTO d.t (writer) VALUES (1)");
  EXPECT_EQ(Count(*connection_), 0u);
  ASSERT_TRUE(EndConsistentRead(*connection_).ok());
  EXPECT_EQ(Count(*connection_), 1u);
}

TEST_P(ReadMarksTest, OnlyAReplicaReportsLag) {
  StartServer();
  const SourceLoad load = FetchSourceLoad(*connection_).value();
  EXPECT_GE(load.threads_running, 1u);
  EXPECT_EQ(load.replication_lag_seconds, std::nullopt);
}

TEST_P(ReadMarksTest, LoadNeedsNoPrivileges) {
  StartServer();
  root_->MustExecute("CREATE USER poor@'%' IDENTIFIED BY 'poor'");
  const auto load = FetchSourceLoad(*MustConnect(OptionsAs(*server_, "poor", "poor")));
  ASSERT_TRUE(load.ok()) << load.status();
  EXPECT_EQ(load->replication_lag_seconds, std::nullopt);
}

MILLRACE_BOTH_SERVERS(ReadMarksTest);

class MysqlReadMarksTest : public ReadMarksTest {
 protected:
  static std::string Uuid(int writer) {
    return "11111111-2222-3333-4444-00000000000" + std::to_string(writer);
  }
  void StartWritersWithGtids(int count) {
    for (int writer = 0; writer < count; ++writer) {
      writers_.emplace_back([this, writer](std::stop_token stop) {
        auto session = server_->MustConnect();
        for (uint64_t n = 1; !stop.stop_requested(); ++n) {
          session.MustExecute("SET gtid_next = '" + Uuid(writer) + ":" + std::to_string(n) + "'");
          session.MustExecute("INSERT INTO d.t (writer, n) VALUES (" + std::to_string(writer) +
                              ", " + std::to_string(n) + ")");
        }
      });
    }
  }
  // The n of each writer's newest row; 0: no row.
  static std::array<uint64_t, 4> NewestByWriter(Connection& connection) {
    std::array<uint64_t, 4> counts{};
    const auto rows = connection.Query("SELECT writer, MAX(n) FROM d.t GROUP BY writer");
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const QueryRow& row : rows->rows) {
      counts.at(std::stoull(row[0].value())) = std::stoull(row[1].value());
    }
    return counts;
  }
  // n of `uuid:1-n` in `set`; 0 if `set` lacks the UUID.
  static uint64_t LastOf(const std::string& uuid, const std::string& set) {
    const size_t at = set.find(uuid + ":1");
    if (at == std::string::npos) return 0;
    const size_t end = at + uuid.size() + 2;
    return end < set.size() && set[end] == '-' ? std::stoull(set.substr(end + 1)) : 1;
  }
};

TEST_P(MysqlReadMarksTest, ExecutedSetReturnsImmediately) {
  StartServer();
  EXPECT_TRUE(WaitUntilExecuted(*connection_, GtidSet(), 0).ok());
  EXPECT_TRUE(WaitUntilExecuted(*connection_, Gtids(), 0).ok());
}

TEST_P(MysqlReadMarksTest, WaitEndsWithTransactionOrTimeout) {
  StartServer();
  const std::string gtid = "11111111-2222-3333-4444-555555555555:7";
  const GtidSet set = GtidSet::Parse(Flavour::kMysql, gtid).value();
  const absl::Status status = WaitUntilExecuted(*connection_, set, 1000);
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SNAPSHOT_NOT_VISIBLE");
  std::jthread waiter(
      [&] { EXPECT_TRUE(WaitUntilExecuted(*connection_, set, 60 * kSecond).ok()); });
  root_->MustExecute("SET gtid_next = '" + gtid + "'");
  root_->MustExecute("INSERT INTO d.t (writer) VALUES (1)");
  root_->MustExecute("SET gtid_next = 'AUTOMATIC'");
}

// Four writers assign the GTIDs of their transactions: each uses its own UUID and numbers from 1.
// So the GTIDs of a writer in a set correspond to its first n rows.
TEST_P(MysqlReadMarksTest, ExecutedTransactionsAreVisibleUnderLoad) {
  for (const char* order : {"--binlog-order-commits=ON", "--binlog-order-commits=OFF"}) {
    StartServer({order, "--sync-binlog=0", "--innodb-flush-log-at-trx-commit=2"});
    const auto reads = MustConnect(OptionsFor(*server_));
    StartWritersWithGtids(4);
    uint64_t compared = 0;
    // On a busy machine the reader is much faster than the writers.
    for (int i = 0; i < 1000 || compared <= 100; ++i) {
      const auto executed = connection_->QueryValue("SELECT @@global.gtid_executed");
      const auto seen = NewestByWriter(*reads);
      for (int writer = 0; writer < 4; ++writer) {
        const uint64_t named = LastOf(Uuid(writer), executed->value_or(""));
        ASSERT_GE(seen[writer], named) << order << " " << executed->value_or("");
        compared = std::max(compared, named);
      }
    }
    writers_.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, MysqlReadMarksTest, ::testing::Values(ServerKind::kMysql));

class MariadbReadMarksTest : public ReadMarksTest {
 protected:
  // The number of rows inserted into d.t so far, by the end offset of each transaction in `file`.
  std::map<uint64_t, uint64_t> RowsByEnd(const std::string& file) {
    std::map<uint64_t, uint64_t> ends;
    uint64_t rows = 0;
    for (const auto& event : root_->MustQuery("SHOW BINLOG EVENTS IN '" + file + "'")) {
      const std::string kind = event[2].value_or("");
      if (kind.find("Write_rows") == 0) ++rows;
      if (kind == "Xid") ends[std::strtoull(event[4].value_or("").c_str(), nullptr, 10)] = rows;
    }
    return ends;
  }
};

TEST_P(MariadbReadMarksTest, PlaceOfConsistentReadIsExactUnderLoad) {
  StartServer({"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=2"});
  StartWriters(4);
  std::vector<std::pair<BinlogPlace, uint64_t>> seen;
  int with_rows = 0;
  for (int i = 0; i < 500 || with_rows <= 100; ++i) {
    const auto place = BeginConsistentRead(*connection_);
    ASSERT_TRUE(place.ok() && place->has_value()) << place.status();
    seen.emplace_back(**place, Count(*connection_));
    with_rows += seen.back().second > 0 ? 1 : 0;
    ASSERT_TRUE(EndConsistentRead(*connection_).ok());
  }
  writers_.clear();
  const auto ends = RowsByEnd(seen.front().first.file);
  int compared = 0;
  for (const auto& [place, rows] : seen) {
    const auto end = ends.find(place.offset);
    if (end == ends.end() && rows == 0) continue;
    ASSERT_NE(end, ends.end()) << place.ToString();
    ASSERT_EQ(end->second, rows) << place.ToString();
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

INSTANTIATE_TEST_SUITE_P(Servers, MariadbReadMarksTest, ::testing::Values(ServerKind::kMariadb));

}  // namespace
}  // namespace millrace
