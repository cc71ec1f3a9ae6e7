// SPDX-License-Identifier: Apache-2.0

// Events that look like another source but are not: the feed resumes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed/history_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SameSource : public ::testing::TestWithParam<HistorySource> {
 protected:
  void SetUp() override {
    history_.Insert(1, "row");
    history_.AwaitFeed();
    history_.AwaitSequence(1);
  }
  void RestartFeed() {
    history_.feed().Stop();
    history_.feed().Start();
    history_.AwaitFeed();
  }
  void ExpectNextRow() {
    const uint64_t before = history_.NewestSequence();
    history_.Insert(1, "row");
    history_.AwaitFeed();
    history_.AwaitSequence(before + 1);
  }
  auto Warnings() { return history_.feed().client().GetStatus({})->source().warnings(); }

  History history_{GetParam(), /*keeps_copy=*/false};
};

TEST_P(SameSource, ResumesAfterRestartsAndRotations) {
  RestartFeed();
  ExpectNextRow();
  for (const bool restart : {false, true}) {
    history_.feed().Stop();
    if (restart) {
      ASSERT_TRUE(history_.source().Restart().ok());
      history_.sql() = history_.source().MustConnect();
    } else {
      history_.sql().MustExecute("FLUSH LOGS");
    }
    history_.feed().Start();
    history_.AwaitFeed();
    ExpectNextRow();
  }
  history_.sql().MustExecute("FLUSH BINARY LOGS");
  history_.AwaitFeed();
  RestartFeed();
  ExpectNextRow();
  EXPECT_THAT(Warnings(), SizeIs(0));
}

TEST_P(SameSource, ResumesAfterCrash) {
  history_.source().Kill();
  ASSERT_TRUE(history_.source().Restart().ok());
  history_.sql() = history_.source().MustConnect();
  history_.AwaitFeed();
  ExpectNextRow();
}

TEST_P(SameSource, PurgedLastTransactionIsAWarning) {
  history_.sql().MustExecute("FLUSH BINARY LOGS");
  history_.AwaitFeed();
  history_.feed().Stop();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (true) {
    const SqlRows files = history_.sql().MustQuery("SHOW BINARY LOGS");
    if (files.size() == 1) break;
    ASSERT_LT(absl::Now(), deadline);
    history_.sql().MustExecute(fmt::format("PURGE BINARY LOGS TO '{}'", *files.back()[0]));
  }
  history_.feed().Start();
  history_.AwaitFeed();
  ASSERT_THAT(Warnings(), SizeIs(1));
  EXPECT_THAT(Warnings().Get(0), HasSubstr("is no longer in the source's binlog"));
  ExpectNextRow();
}

// Heartbeats come every 200 ms, and each triggers a query of the source.
TEST_P(SameSource, IdleSourceKeepsOneConnection) {
  const uint64_t connects = history_.feed().client().GetStatus({})->source().connects();
  const absl::Time begin = absl::Now();
  while (absl::Now() < begin + absl::Seconds(2)) {
    const auto status = history_.feed().client().GetStatus({});
    ASSERT_EQ(status->source().connects(), connects) << history_.feed().LogText();
    ASSERT_EQ(status->source().state(), v1::SourceStatus::STATE_STREAMING);
  }
  ExpectNextRow();
}

TEST_P(SameSource, IsRecognisedByEveryKindOfTransaction) {
  SqlSession& sql = history_.sql();
  sql.MustExecute("CREATE TABLE shop.k (a INT, b LONGTEXT)");
  sql.MustExecute("CREATE TABLE shop.m (a INT) ENGINE=MyISAM");
  const std::vector<std::string> statements = {
      "INSERT INTO shop.k VALUES (1, REPEAT('x', 20000000))",
      "ALTER TABLE shop.k ADD COLUMN c INT",
      "INSERT INTO shop.m VALUES (1)",
      "UPDATE shop.k SET a = a + 1",
      "CREATE TABLE shop.s AS SELECT a FROM shop.k",
      "DELETE FROM shop.k",
      "CREATE USER u@localhost IDENTIFIED BY 'x'",
      history_.mysql() ? "SET binlog_transaction_compression = ON"
                       : "SET GLOBAL log_bin_compress = ON",
      "INSERT INTO shop.k SELECT 1, REPEAT('y', 1000), 2"};
  for (const std::string& statement : statements) {
    sql.MustExecute(statement);
    history_.AwaitFeed();
    RestartFeed();
    EXPECT_THAT(Warnings(), SizeIs(0)) << statement;
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, SameSource, ::testing::ValuesIn(HistorySources()),
                         ::testing::PrintToStringParamName());

// A replica takes over from the source.
class TakeOver : public ::testing::TestWithParam<Flavour> {
 protected:
  void SetUp() override {
    SqlSession replica = replica_->MustConnect();
    if (mysql()) {
      replica.MustExecute(
          fmt::format("CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={}, "
                      "SOURCE_USER='millrace', SOURCE_PASSWORD='millrace', SOURCE_AUTO_POSITION=1, "
                      "GET_SOURCE_PUBLIC_KEY=1",
                      history_.source().port()));
      replica.MustExecute("START REPLICA");
    } else {
      replica.MustExecute(fmt::format(
          "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='millrace', "
          "MASTER_PASSWORD='millrace', MASTER_USE_GTID=slave_pos",
          history_.source().port()));
      replica.MustExecute("START SLAVE");
    }
  }
  bool mysql() const { return GetParam() == Flavour::kMysql; }
  // Waits until the replica has all transactions, and points the feed at it.
  void FailOver() {
    SqlSession replica = replica_->MustConnect();
    const std::string gtids = history_.sql().MustQueryValue(
        mysql() ? "SELECT @@global.gtid_executed" : "SELECT @@global.gtid_binlog_pos");
    const std::string wait = mysql() ? "WAIT_FOR_EXECUTED_GTID_SET" : "MASTER_GTID_WAIT";
    const std::string waited =
        replica.MustQueryValue(fmt::format("SELECT {}('{}', 30)", wait, gtids));
    ASSERT_EQ(waited, "0");
    replica.MustExecute(mysql() ? "STOP REPLICA" : "STOP SLAVE");
    history_.PointFeedAt(*replica_);
  }
  // Runs `statements`, the last of which is the last one the feed reads before the replica takes
  // over.
  void ExpectReplicaAcceptedAfter(const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) history_.sql().MustExecute(statement);
    history_.AwaitFeed();
    history_.feed().Stop();
    FailOver();
    SqlSession replica = replica_->MustConnect();
    history_.feed().Start();
    const auto status = history_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
    EXPECT_THAT(status.source().warnings(), SizeIs(0));
    replica.MustExecute("INSERT INTO shop.t VALUES (999, 'after')");
    ChangeReader reader(history_.feed());
    const auto changes = reader.ReadAll(replica);
    ASSERT_FALSE(changes.empty());
    EXPECT_EQ(*changes.back().after->at("id"), "999");
  }

  std::unique_ptr<SourceServer> StartReplica() const {
    std::vector<std::string> options = {"--server-id=2"};
    if (!mysql()) options.push_back("--log-slave-updates=ON");
    return SourceServer::MustStart({.flavour = GetParam(), .options = options});
  }

  History history_{HistorySources()[mysql() ? 0 : 2], /*keeps_copy=*/false};
  std::unique_ptr<SourceServer> replica_ = StartReplica();
};

TEST_P(TakeOver, ReplicaWithTheLastTransactionIsAccepted) {
  ExpectReplicaAcceptedAfter({"INSERT INTO shop.t VALUES (50, 'x'), (51, 'y')"});
}

// The commit comes seconds after the first row.
TEST_P(TakeOver, LongLastTransactionIsAccepted) {
  ExpectReplicaAcceptedAfter({"BEGIN", "INSERT INTO shop.t VALUES (50, 'x')", "DO SLEEP(1.2)",
                              "INSERT INTO shop.t VALUES (51, 'x')", "DO SLEEP(1.2)", "COMMIT"});
}

TEST_P(TakeOver, LastUpdateWithoutAKeyIsAccepted) {
  ExpectReplicaAcceptedAfter(
      {"CREATE TABLE shop.k (a INT, b VARCHAR(300), c JSON)",
       "INSERT INTO shop.k SELECT id, REPEAT(id, 5), '{\"a\": 1}' FROM shop.t",
       "UPDATE shop.k SET c = JSON_SET(c, '$.a', 2), a = 7 - a"});
}

TEST_P(TakeOver, LastDefinitionIsAccepted) {
  ExpectReplicaAcceptedAfter({"ALTER TABLE shop.t COMMENT 'x'"});
}

// With gtid_strict_mode OFF numbers may decrease, so a GTID does not identify a position.
TEST(SameMariadb, ResumesByFileAfterNumbersDecreased) {
  History history(HistorySources()[2], /*keeps_copy=*/false);
  for (const int number : {1000, 500, 400}) {
    history.sql().MustExecute(fmt::format("SET gtid_seq_no = {}", number));
    history.Insert(1, "row");
  }
  history.AwaitFeed();
  history.AwaitSequence(3);
  history.feed().Stop();
  history.Insert(1, "row");
  history.feed().Start();
  history.AwaitFeed();
  history.AwaitSequence(4);
  std::vector<std::string> ids;
  for (const SeenChange& change : ChangeReader(history.feed()).ReadAll(history.sql())) {
    ids.push_back(*change.after->at("id"));
  }
  EXPECT_THAT(ids, ElementsAre("1", "2", "3", "4"));
}

TEST(SameMariadb, StartsAtItsEndAfterNumbersDecreased) {
  History history(HistorySources()[2], /*keeps_copy=*/false);
  for (const int number : {1000, 500, 400}) {
    history.sql().MustExecute(fmt::format("SET gtid_seq_no = {}", number));
    history.Insert(1, "row");
  }
  const auto feed = FeedServer::MustStart(history.source());
  feed->WaitForState(v1::SourceStatus::STATE_STREAMING);
  history.Insert(1, "row");
  EXPECT_THAT(ChangeReader(*feed).ReadAll(history.sql()), SizeIs(1));
}

// A MariaDB replica with filters leaves only a gap in the numbers for filtered transactions.
class FilteringReplica : public ::testing::Test {
 protected:
  FilteringReplica() {
    history_.sql().MustExecute("CREATE DATABASE other");
    history_.sql().MustExecute("CREATE TABLE other.t (id INT PRIMARY KEY)");
    SqlSession replica = replica_->MustConnect();
    replica.MustExecute(fmt::format(
        "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='millrace', "
        "MASTER_PASSWORD='millrace', MASTER_USE_GTID=slave_pos",
        history_.source().port()));
    replica.MustExecute("START SLAVE");
  }
  void InsertFiltered(int count) {
    for (int i = 0; i < count; ++i) {
      history_.sql().MustExecute(fmt::format("INSERT INTO other.t VALUES ({})", ++filtered_rows_));
    }
  }
  void AwaitReplica() {
    const std::string gtids = history_.sql().MustQueryValue("SELECT @@gtid_binlog_pos");
    const std::string wait = fmt::format("SELECT MASTER_GTID_WAIT('{}', 30)", gtids);
    ASSERT_EQ(replica_->MustConnect().MustQueryValue(wait), "0");
  }
  void MoveFeedTo(const SourceServer& server) {
    history_.feed().Stop();
    history_.PointFeedAt(server);
    history_.feed().Start();
  }

  int filtered_rows_ = 0;
  History history_{HistorySources()[2], /*keeps_copy=*/false};
  std::unique_ptr<SourceServer> replica_ = SourceServer::MustStart(
      {.flavour = Flavour::kMariadb,
       .options = {"--server-id=2", "--log-slave-updates=ON", "--replicate-wild-do-table=shop.%"}});
};

TEST_F(FilteringReplica, FeedMovesToItsSourceAndBack) {
  history_.Insert(1, "row");
  history_.AwaitFeed();
  AwaitReplica();
  MoveFeedTo(*replica_);
  history_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
  const uint64_t before = history_.NewestSequence();
  InsertFiltered(3);
  history_.Insert(1, "row");
  history_.AwaitSequence(before + 1);
  MoveFeedTo(history_.source());
  history_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
  history_.Insert(1, "row");
  history_.AwaitSequence(before + 2);
  AwaitReplica();
  MoveFeedTo(*replica_);
  history_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
  EXPECT_EQ(history_.NewestSequence(), before + 2);
}

TEST_F(FilteringReplica, LacksFilteredTransactions) {
  history_.Insert(1, "row");
  InsertFiltered(2);
  history_.AwaitFeed();
  history_.feed().Stop();
  history_.Insert(1, "row");
  AwaitReplica();
  MoveFeedTo(*replica_);
  const auto status = history_.feed().WaitForReason("SOURCE_LACKS_GTIDS");
  EXPECT_EQ(status.source().state(), v1::SourceStatus::STATE_CONNECTING);
  MoveFeedTo(history_.source());
  history_.AwaitFeed();
}

INSTANTIATE_TEST_SUITE_P(Sources, TakeOver, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
