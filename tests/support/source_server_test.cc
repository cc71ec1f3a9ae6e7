// SPDX-License-Identifier: Apache-2.0

#include "support/source_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <string>

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SourceServerTest : public ::testing::TestWithParam<Flavour> {
 protected:
  std::unique_ptr<SourceServer> StartServer(std::vector<std::string> options = {}) {
    return SourceServer::MustStart({.flavour = GetParam(), .options = std::move(options)});
  }
};

TEST_P(SourceServerTest, StartsWithSettingsOfAFeed) {
  const auto server = StartServer();
  SqlSession session = server->MustConnect();
  EXPECT_EQ(session.MustQueryValue("SELECT @@log_bin"), "1");
  EXPECT_EQ(session.MustQueryValue("SELECT @@binlog_format"), "ROW");
  EXPECT_EQ(session.MustQueryValue("SELECT @@binlog_row_metadata"), "FULL");
}

TEST_P(SourceServerTest, OptionsOverrideConfiguration) {
  const auto server = StartServer({"--server-id=77"});
  EXPECT_EQ(server->MustConnect().MustQueryValue("SELECT @@server_id"), "77");
}

TEST_P(SourceServerTest, RestartKeepsDataAndPort) {
  const auto server = StartServer();
  const int port = server->port();
  server->MustConnect().MustExecute("CREATE DATABASE kept");
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_EQ(server->port(), port);
  server->MustConnect().MustExecute("USE kept");
}

TEST_P(SourceServerTest, RestartsAfterKill) {
  const auto server = StartServer();
  server->MustConnect().MustExecute("CREATE DATABASE kept");
  const pid_t killed = server->pid();
  server->Kill();
  EXPECT_FALSE(server->Running());
  EXPECT_EQ(kill(killed, 0), -1);
  EXPECT_EQ(errno, ESRCH);
  ASSERT_TRUE(server->Restart().ok());
  server->MustConnect().MustExecute("USE kept");
}

TEST_P(SourceServerTest, StopEndsProcessAndRefusesConnections) {
  const auto server = StartServer();
  const pid_t stopped = server->pid();
  ASSERT_TRUE(server->Stop().ok());
  EXPECT_EQ(kill(stopped, 0), -1);
  EXPECT_EQ(server->Connect().status().code(), absl::StatusCode::kUnavailable);
}

TEST_P(SourceServerTest, DestructorLeavesNeitherProcessNorDirectory) {
  auto server = StartServer();
  const pid_t pid = server->pid();
  const auto data = server->data_directory();
  server.reset();
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST_P(SourceServerTest, FailedStartShowsTheEndOfTheLog) {
  const auto server =
      SourceServer::Start({.flavour = GetParam(), .options = {"--no-such-option=1"}});
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("no-such-option"));
}

TEST_P(SourceServerTest, FeedUserLogsInOverTcp) {
  const auto server = StartServer();
  SqlSessionOptions options;
  options.port = server->port();
  options.user = kFeedUser;
  options.password = kFeedPassword;
  absl::StatusOr<SqlSession> session = SqlSession::Open(options);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(session->MustQueryValue("SELECT SUBSTRING_INDEX(USER(), '@', 1)"), kFeedUser);
}

TEST_P(SourceServerTest, EachServerHasItsOwnTmpdir) {
  const auto one = StartServer();
  const auto other = StartServer();
  const std::string tmpdir = one->MustConnect().MustQueryValue("SELECT @@tmpdir");
  const std::string other_tmpdir = other->MustConnect().MustQueryValue("SELECT @@tmpdir");
  EXPECT_EQ(tmpdir, one->temporary_directory().string());
  EXPECT_EQ(other_tmpdir, other->temporary_directory().string());
  EXPECT_NE(tmpdir, other_tmpdir);
  EXPECT_THAT(tmpdir, StartsWith(one->data_directory().parent_path().string() + "/"));
  EXPECT_TRUE(std::filesystem::is_directory(tmpdir));
}

INSTANTIATE_TEST_SUITE_P(Flavours, SourceServerTest,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         [](const auto& flavour) { return FlavourName(flavour.param); });

TEST(SourceServers, BothFlavoursRunAtOnce) {
  const auto mysql = SourceServer::MustStart({.flavour = Flavour::kMysql});
  const auto mariadb = SourceServer::MustStart({.flavour = Flavour::kMariadb});
  const auto version = [](const auto& server) {
    return server->MustConnect().MustQueryValue("SELECT VERSION()");
  };
  EXPECT_THAT(version(mysql), ::testing::Not(HasSubstr("MariaDB")));
  EXPECT_THAT(version(mariadb), HasSubstr("MariaDB"));
}

TEST(SourceServers, EachMysqlHasItsOwnUuidAndHistory) {
  const auto one = SourceServer::MustStart({.flavour = Flavour::kMysql});
  const auto other = SourceServer::MustStart({.flavour = Flavour::kMysql});
  EXPECT_NE(one->MustConnect().MustQueryValue("SELECT @@server_uuid"),
            other->MustConnect().MustQueryValue("SELECT @@server_uuid"));
  EXPECT_EQ(one->MustConnect().MustQueryValue("SELECT @@global.gtid_executed"), "");
}

}  // namespace
}  // namespace millrace::testing
