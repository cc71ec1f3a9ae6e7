// SPDX-License-Identifier: Apache-2.0

// Problems that an operator can correct at the source, or on this machine, need no restart: the
// feed waits, reports why, and resumes where it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "fmt/format.h"
#include "system/snapshot_fixture.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> IdsIn(const std::vector<SeenChange>& changes) {
  std::vector<std::string> ids;
  for (const SeenChange& change : changes) {
    if (change.after.has_value()) ids.push_back(*change.after->at("id"));
  }
  return ids;
}

// Ends all current sessions of the feed's account. Call it repeatedly if the feed opens new ones.
void EndSessionsOfFeed(SqlSession& root) {
  for (const SqlRow& row : root.MustQuery("SHOW PROCESSLIST")) {
    if (*row[1] == kFeedUser) (void)root.Execute("KILL " + *row[0]);
  }
}

class SourceRecovery : public ::testing::TestWithParam<Flavour> {
 protected:
  void Start(FeedServerOptions options = {}) {
    options.source.push_back("heartbeat_period: 1s");
    shop_.emplace(GetParam(), std::vector<std::string>(), options);
    sql().MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    Insert(1);
  }
  SqlSession& sql() { return shop_->sql(); }
  FeedServer& feed() { return shop_->feed(); }
  void Insert(int id) { sql().MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", id)); }
  // Ids of the inserted rows in the feed so far.
  std::vector<std::string> Ids() { return IdsIn(shop_->reader().ReadAll(sql())); }
  void ExpectFeedResumes() {
    feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
    Insert(2);
    EXPECT_THAT(Ids(), ElementsAre("1", "2"));
  }

  std::optional<Variants> shop_;
};

TEST_P(SourceRecovery, UnreadablePasswordFileIsNamedAndRetried) {
  Start();
  const std::filesystem::path hidden = feed().password_file().string() + ".hidden";
  std::filesystem::rename(feed().password_file(), hidden);
  EndSessionsOfFeed(sql());
  const auto status = feed().WaitForReason("SOURCE_FILE_UNREADABLE");
  EXPECT_EQ(status.source().state(), v1::SourceStatus::STATE_CONNECTING);
  EXPECT_THAT(status.source().error(), HasSubstr(feed().password_file().string()));
  std::filesystem::rename(hidden, feed().password_file());
  ExpectFeedResumes();
}

TEST_P(SourceRecovery, RevokedGrantIsReportedAndRetried) {
  Start();
  sql().MustExecute("REVOKE REPLICATION SLAVE ON *.* FROM 'millrace'@'localhost'");
  EndSessionsOfFeed(sql());
  const auto status = feed().WaitForReason("SOURCE_ACCESS_DENIED");
  EXPECT_THAT(status.source().error(), HasSubstr("GRANT REPLICATION SLAVE ON *.*"));
  sql().MustExecute("GRANT REPLICATION SLAVE ON *.* TO 'millrace'@'localhost'");
  ExpectFeedResumes();
}

// The two end each other's dump. Each waits longer every time, though both read transactions.
TEST_P(SourceRecovery, TwoFeedsWithOneServerIdBackOff) {
  const std::vector<std::string> same = {"server_id: 77", "reconnect_backoff_max: 2s"};
  Start({.source = same});
  const auto other = FeedServer::MustStart(shop_->source(), {.source = same});
  feed().WaitForReason("SOURCE_DUPLICATE_SERVER_ID");
  feed().WaitForLog("reason=SOURCE_DUPLICATE_SERVER_ID wait_ms=640");
  other->Stop();
  ExpectFeedResumes();
}

TEST_P(SourceRecovery, SighupRetriesWithTheCorrectedPassword) {
  Start({.source = {"reconnect_backoff_min: 10m", "reconnect_backoff_max: 10m"}});
  const std::filesystem::path hidden = feed().password_file().string() + ".hidden";
  std::filesystem::rename(feed().password_file(), hidden);
  EndSessionsOfFeed(sql());
  feed().WaitForState(v1::SourceStatus::STATE_CONNECTING);
  feed().Signal(SIGHUP);
  feed().WaitForReason("SOURCE_FILE_UNREADABLE");
  std::filesystem::rename(hidden, feed().password_file());
  feed().Signal(SIGHUP);
  ExpectFeedResumes();
  EXPECT_THAT(feed().LogText(), AllOf(HasSubstr("SIGHUP: source.password_file"),
                                      HasSubstr("SIGHUP: the password of the source can be read")));
  EXPECT_EQ(feed().Stop(), 0);
}

TEST_P(SourceRecovery, SighupKeepsAnOpenConnection) {
  Start();
  const uint64_t connects =
      feed().WaitForState(v1::SourceStatus::STATE_STREAMING).source().connects();
  for (int i = 0; i < 3; ++i) feed().Signal(SIGHUP);
  feed().WaitForLog("SIGHUP: the TLS files of the source can be read");
  ExpectFeedResumes();
  EXPECT_EQ(feed().client().GetStatus({})->source().connects(), connects);
}

TEST_P(SourceRecovery, SnapshotContinuesAfterServerIdChange) {
  Start();
  EXPECT_THAT(Ids(), ElementsAre("1"));
  sql().MustExecute("SET GLOBAL server_id = 77");
  SnapshotAdmin admin(feed());
  const auto snapshot = admin.Start(std::vector<std::string>{"shop.t"});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(admin.WaitUntilOver(snapshot->snapshot()).state(), v1::Snapshot::STATE_DONE);
  EndSessionsOfFeed(sql());
  Insert(2);
  EXPECT_THAT(Ids(), ElementsAre("1", "1", "2"));
}

INSTANTIATE_TEST_SUITE_P(Sources, SourceRecovery,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

class GtidModeRecovery : public ::testing::Test {
 protected:
  Variants shop_{Flavour::kMysql, {}, {.source = {"heartbeat_period: 1s"}}};
  SqlSession& sql_ = shop_.sql();
  int id_ = 0;
  std::vector<std::string> expected_;

  void SetUp() override {
    sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    Insert();
  }
  void Insert() {
    expected_.push_back(std::to_string(++id_));
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", id_));
  }
  // Sets the modes one by one, with a transaction after each.
  void SetGtidModes(const std::vector<std::string>& modes) {
    for (const std::string& mode : modes) {
      sql_.MustExecute("SET GLOBAL gtid_mode = " + mode);
      Insert();
    }
  }
  void ExpectAllOnce() {
    EXPECT_THAT(IdsIn(ChangeReader(shop_.feed()).ReadAll(sql_)),
                ::testing::ElementsAreArray(expected_));
  }
};

TEST_F(GtidModeRecovery, SwitchingGtidsWhileStreamingLosesNothing) {
  SetGtidModes({"ON_PERMISSIVE", "OFF_PERMISSIVE"});
  shop_.reader().CurrentToken(sql_);
  SetGtidModes({"ON_PERMISSIVE", "ON"});
  ExpectAllOnce();
}

// A dump by GTID set would start after the transactions without GTIDs. By file the source refuses
// to send them while gtid_mode is ON.
TEST_F(GtidModeRecovery, TransactionsWithoutGtidAreNotSkipped) {
  shop_.reader().CurrentToken(sql_);
  shop_.feed().Stop();
  sql_.MustExecute("SET GLOBAL gtid_mode = ON_PERMISSIVE");
  SetGtidModes({"OFF_PERMISSIVE"});
  sql_.MustExecute("SET GLOBAL gtid_mode = ON_PERMISSIVE");
  SetGtidModes({"ON"});
  shop_.feed().Start();
  const auto status = shop_.feed().WaitForReason("SOURCE_REFUSED_DUMP");
  EXPECT_THAT(status.source().error(), HasSubstr("SET GLOBAL gtid_mode = ON_PERMISSIVE"));
  sql_.MustExecute("SET GLOBAL gtid_mode = ON_PERMISSIVE");
  ExpectAllOnce();
  SetGtidModes({"ON"});
  ExpectAllOnce();
}

// Reads a snapshot with an account whose connections are limited.
class AccountLimit : public ::testing::TestWithParam<Flavour> {
 protected:
  void SetUp() override {
    shop_.Fill("pair", 200);
    shop_.Fill("money", 200);
  }
  void Limit(int connections) {
    shop_.sql().MustExecute(
        fmt::format("ALTER USER 'millrace'@'localhost' WITH MAX_USER_CONNECTIONS {}", connections));
    // Applies the limit to sessions that are already open.
    shop_.sql().MustExecute("FLUSH PRIVILEGES");
  }
  std::string Check() {
    const ProcessResult result = RunMillraced({"-c", shop_.feed().config_file(), "check"});
    return result.output + result.errors;
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(AccountLimit, SnapshotWaitsForAConnectionAndReportsIt) {
  Limit(2);
  shop_.StartFeed({"mode: initial"});
  const auto status = shop_.feed().WaitUntil("the limit", [](const auto& current) {
    return current.snapshots_error_reason() == "SOURCE_ACCOUNT_LIMIT";
  });
  EXPECT_EQ(status.source().state(), v1::SourceStatus::STATE_STREAMING);
  EXPECT_THAT(status.snapshots_error(), HasSubstr("MAX_USER_CONNECTIONS"));
  EXPECT_THAT(Check(), HasSubstr("MAX_USER_CONNECTIONS"));
  Limit(3);
  shop_.admin().WaitUntilOver();
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair", "money"}), 400u);
  EXPECT_EQ(shop_.feed().client().GetStatus({})->snapshots_error_reason(), "");
}

TEST_P(AccountLimit, OneFreeConnectionReadsTablesInTurn) {
  Limit(3);
  shop_.StartFeed({"mode: initial"});
  shop_.admin().WaitUntilOver();
  EXPECT_EQ(shop_.ExpectFeedEqualsSource({"pair", "money"}), 400u);
  // The reader has closed its connection, so one is free for a request.
  shop_.admin().WaitUntil("a snapshot on request", [&](const auto&) {
    return shop_.admin().Start(std::vector<std::string>{"shop.pair"}).ok();
  });
  shop_.admin().WaitUntilOver(2);
  EXPECT_THAT(Check(), AllOf(HasSubstr("may have 3 connections at once"),
                             HasSubstr("WITH MAX_USER_CONNECTIONS 5;")));
}

// The binlog still arrives: only the feed's queries are refused.
TEST_P(AccountLimit, HourlyQueryLimitDoesNotEndTheStream) {
  const auto limit = [&](int queries) {
    shop_.sql().MustExecute(
        fmt::format("ALTER USER 'millrace'@'localhost' WITH MAX_QUERIES_PER_HOUR {}", queries));
    shop_.sql().MustExecute("FLUSH PRIVILEGES");
  };
  // The server does not count the queries of a session that started without a limit.
  limit(100'000);
  shop_.StartFeed({"mode: never"}, {"shop.*", kMarkerTables}, {"heartbeat_period: 100ms"});
  ChangeReader(shop_.feed()).CurrentToken(shop_.sql());
  limit(1);
  const auto limited = shop_.feed().WaitUntil("the warning", [](const auto& status) {
    return status.source().warnings_size() > 0 &&
           status.source().warnings(0).find("MAX_QUERIES_PER_HOUR 0") != std::string::npos;
  });
  EXPECT_EQ(limited.source().state(), v1::SourceStatus::STATE_STREAMING);
  shop_.sql().MustExecute("DELETE FROM shop.pair");
  EXPECT_THAT(shop_.AllChanges(), ::testing::SizeIs(::testing::Ge(200u)));
  EXPECT_EQ(shop_.feed().client().GetStatus({})->source().connects(), limited.source().connects());
}

INSTANTIATE_TEST_SUITE_P(Sources, AccountLimit,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
