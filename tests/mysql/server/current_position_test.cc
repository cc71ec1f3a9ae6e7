// SPDX-License-Identifier: Apache-2.0

#include "mysql/current_position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

class CurrentPositionTest : public SourceTest {
 protected:
  void StartServer(std::vector<std::string> options = {}) {
    server_ = Start(std::move(options));
    root_.emplace(server_->MustConnect());
    connection_ = MustConnect(OptionsFor(*server_));
    Write();
  }
  // Commits one transaction.
  void Write() { root_->MustExecute("CREATE DATABASE d" + std::to_string(++written_)); }
  SourcePosition Now() { return CurrentPosition(*connection_).value(); }
  void Rotate() { root_->MustExecute("FLUSH BINARY LOGS"); }
  void PurgeOldFiles() { MustPurgeOldFiles(*root_); }
  void Reset() { root_->MustExecute(mysql() ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER"); }
  std::string Continuity(const SourcePosition& ours, const std::string& uuid = "") {
    return ErrorReason(CheckContinuity(*connection_, ours, uuid));
  }
  static SourcePosition ByFile(SourcePosition position) {
    position.gtids = GtidSet();
    return position;
  }

  std::unique_ptr<testing::SourceServer> server_;
  std::optional<testing::SqlSession> root_;
  std::unique_ptr<Connection> connection_;
  int written_ = 0;
};

TEST_P(CurrentPositionTest, GrowsWithEachTransaction) {
  StartServer();
  const SourcePosition before = Now();
  Write();
  const SourcePosition after = Now();
  EXPECT_EQ(after.file, before.file);
  EXPECT_GT(after.offset, before.offset);
  EXPECT_TRUE(after.gtids.Contains(before.gtids));
  EXPECT_FALSE(before.gtids.Contains(after.gtids));
}

TEST_P(CurrentPositionTest, ManyGtidsAreNotTruncated) {
  StartServer();
  for (int i = 1; i <= 60; ++i) {
    const std::string number = std::to_string(1000 + i);
    root_->MustExecute(mysql()
                           ? "SET gtid_next = '00000000-0000-0000-0000-00000000" + number + ":7'"
                           : "SET gtid_domain_id = " + number);
    Write();
  }
  const std::string gtids = Now().gtids.ToString();
  EXPECT_GT(gtids.size(), mysql() ? 1024u : 400u);
  EXPECT_THAT(gtids, HasSubstr(mysql() ? "00000000-0000-0000-0000-000000001060:7" : "1060-1-1"));
}

TEST_P(CurrentPositionTest, EarliestIsOldestFileWithPurgedGtids) {
  StartServer();
  const SourcePosition first = EarliestPosition(*connection_).value();
  EXPECT_TRUE(first.gtids.empty());
  const SourcePosition before = Now();
  Rotate();
  const std::string second_file = Now().file;
  Write();
  PurgeOldFiles();
  const SourcePosition earliest = EarliestPosition(*connection_).value();
  EXPECT_EQ(earliest.file, second_file);
  EXPECT_EQ(earliest.offset, 4u);
  EXPECT_EQ(earliest.gtids, before.gtids);
}

TEST_P(CurrentPositionTest, FailsWithoutBinlog) {
  StartServer({"--skip-log-bin", mysql() ? "--gtid-mode=OFF" : "--server-id=1"});
  EXPECT_EQ(ErrorReason(CurrentPosition(*connection_).status()), "SOURCE_REFUSED_DUMP");
}

TEST_P(CurrentPositionTest, SourceWithLaterTransactionsIsContinuous) {
  StartServer();
  const SourcePosition ours = Now();
  Write();
  Rotate();
  Write();
  EXPECT_EQ(Continuity(ours), "");
  EXPECT_EQ(Continuity(ByFile(ours)), "");
}

TEST_P(CurrentPositionTest, PurgedGtidsAreReported) {
  StartServer();
  const SourcePosition ours = Now();
  Write();
  Rotate();
  PurgeOldFiles();
  EXPECT_EQ(Continuity(ours), "SOURCE_PURGED");
}

TEST_P(CurrentPositionTest, PurgeOfReadTransactionsIsHarmless) {
  StartServer();
  Rotate();
  const SourcePosition ours = Now();
  PurgeOldFiles();
  Write();
  EXPECT_EQ(Continuity(ours), "");
}

TEST_P(CurrentPositionTest, PurgedFileIsReported) {
  StartServer();
  const SourcePosition ours = ByFile(Now());
  Rotate();
  PurgeOldFiles();
  EXPECT_EQ(Continuity(ours), "SOURCE_PURGED");
}

TEST_P(CurrentPositionTest, ResetSourceLacksOurGtids) {
  StartServer();
  Write();
  const SourcePosition ours = Now();
  Reset();
  EXPECT_EQ(Continuity(ours), "SOURCE_LACKS_GTIDS");
  Write();
  EXPECT_EQ(Continuity(ours), "SOURCE_LACKS_GTIDS");
}

TEST_P(CurrentPositionTest, OffsetPastEndOfFileReportsChangedSource) {
  StartServer();
  for (int i = 0; i < 20; ++i) Write();
  const SourcePosition ours = ByFile(Now());
  Reset();
  EXPECT_EQ(Continuity(ours), "SOURCE_CHANGED");
}

MILLRACE_BOTH_SERVERS(CurrentPositionTest);

TEST(CurrentPositionMysqlTest, FileOfAnotherServerReportsChangedSource) {
  const auto server = StartSource(ServerKind::kMysql, {"--gtid-mode=OFF_PERMISSIVE"});
  const auto connection = MustConnect(OptionsFor(*server));
  const SourcePosition ours = CurrentPosition(*connection).value();
  EXPECT_TRUE(CheckContinuity(*connection, ours, connection->info().server_uuid).ok());
  const absl::Status status =
      CheckContinuity(*connection, ours, "00000000-0000-0000-0000-000000000001");
  EXPECT_EQ(ErrorReason(status), "SOURCE_CHANGED") << status;
}

TEST(CurrentPositionMysqlTest, GtidPositionIsValidOnAnotherServer) {
  const auto server = StartSource(ServerKind::kMysql);
  server->MustConnect().MustExecute("CREATE DATABASE d");
  const auto connection = MustConnect(OptionsFor(*server));
  SourcePosition ours = CurrentPosition(*connection).value();
  ours.file = "elsewhere.000001";
  EXPECT_TRUE(CheckContinuity(*connection, ours, "00000000-0000-0000-0000-000000000001").ok());
}

// The transaction waits for a semi-synchronous replica, but this server has already sent it.
TEST(CurrentPositionMysqlTest, CommittingTransactionCountsOnTheSameServer) {
  const auto server = StartSource(ServerKind::kMysql);
  auto root = server->MustConnect();
  const auto connection = MustConnect(OptionsFor(*server));
  SourcePosition ours = CurrentPosition(*connection).value();
  const std::string next = connection->info().server_uuid + ":1000";
  root.MustExecute("SET gtid_next = '" + next + "'");
  ours.gtids = GtidSet::Parse(Flavour::kMysql, next).value();

  EXPECT_EQ(ErrorReason(CheckContinuity(*connection, ours, "")), "SOURCE_LACKS_GTIDS");
  const absl::Status status = CheckContinuity(*connection, ours, "", PositionOrigin::kThisServer);
  EXPECT_NE(ErrorReason(status), "SOURCE_LACKS_GTIDS") << status;
}

// On an unverified server the domain may be missing because a replica has not received it yet.
TEST(CurrentPositionMariadbTest, DeletedDomainIsAllowedOnTheSameServer) {
  const auto server = StartSource(ServerKind::kMariadb);
  auto root = server->MustConnect();
  const auto connection = MustConnect(OptionsFor(*server));
  root.MustExecute("SET gtid_domain_id = 5");
  root.MustExecute("CREATE DATABASE d");
  root.MustExecute("SET gtid_domain_id = 0");
  root.MustExecute("FLUSH BINARY LOGS");
  root.MustExecute("CREATE DATABASE e");
  const SourcePosition ours = CurrentPosition(*connection).value();
  MustPurgeOldFiles(root);
  root.MustExecute("FLUSH BINARY LOGS DELETE_DOMAIN_ID = (5)");

  EXPECT_EQ(ErrorReason(CheckContinuity(*connection, ours, "")), "SOURCE_LACKS_GTIDS");
  const absl::Status status = CheckContinuity(*connection, ours, "", PositionOrigin::kThisServer);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace millrace
