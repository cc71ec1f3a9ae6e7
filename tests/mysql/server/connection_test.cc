// SPDX-License-Identifier: Apache-2.0

#include "mysql/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using ConnectionTest = SourceTest;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST_P(ConnectionTest, ReportsTheServer) {
  const auto server = Start({"--server-id=77"});
  const auto connection = MustConnect(OptionsFor(*server));
  const ServerInfo& info = connection->info();
  EXPECT_EQ(info.flavour, mysql() ? Flavour::kMysql : Flavour::kMariadb);
  EXPECT_EQ(info.server_id, 77u);
  EXPECT_GE(info.version, mysql() ? 80000u : 100300u);
  EXPECT_EQ(info.server_uuid.size(), mysql() ? 36u : 0u);
  EXPECT_TRUE(info.gtids());
}

TEST_P(ConnectionTest, WorksOverTheUnixSocket) {
  const auto server = Start();
  SourceOptions options = OptionsFor(*server);
  options.socket = server->socket();
  options.port = 1;
  const auto connection = MustConnect(options);
  EXPECT_EQ(connection->endpoint(), server->socket());
  EXPECT_EQ(*connection->QueryValue("SELECT 6 * 7"), "42");
}

TEST_P(ConnectionTest, SessionIsUtcAndUtf8) {
  const auto server = Start({"--default-time-zone=+05:30", "--character-set-server=latin1"});
  const auto connection = MustConnect(OptionsFor(*server));
  EXPECT_EQ(*connection->QueryValue("SELECT @@time_zone"), "+00:00");
  EXPECT_EQ(*connection->QueryValue("SELECT _utf8mb4 x'F09F92A1'"), "\xF0\x9F\x92\xA1");
}

TEST_P(ConnectionTest, RowsKeepNullsEmptyTextAndZeroBytes) {
  const auto server = Start();
  const auto connection = MustConnect(OptionsFor(*server));
  const auto rows = connection->Query("SELECT NULL AS a, '' AS b, 'x\\0y' AS c");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->columns, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(rows->rows, (std::vector<QueryRow>{{std::nullopt, "", std::string("x\0y", 3)}}));
}

TEST_P(ConnectionTest, ValueOfAnotherShapeIsAnError) {
  const auto server = Start();
  const auto connection = MustConnect(OptionsFor(*server));
  EXPECT_EQ(ErrorReason(connection->QueryValue("SELECT 1, 2").status()), "SOURCE_QUERY_FAILED");
  EXPECT_EQ(ErrorReason(connection->QueryValue("SELECT 1 LIMIT 0").status()),
            "SOURCE_QUERY_FAILED");
}

TEST_P(ConnectionTest, WrongPasswordErrorOmitsThePassword) {
  const auto server = Start();
  const auto status = Connect(OptionsAs(*server, testing::kFeedUser, "wr0ng-secret")).status();
  EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SOURCE_AUTHENTICATION_FAILED");
  EXPECT_THAT(Message(status), AllOf(HasSubstr("127.0.0.1:"), HasSubstr("millrace"),
                                     Not(HasSubstr("wr0ng-secret"))));
}

TEST_P(ConnectionTest, LockedAccountIsAnAuthenticationFailure) {
  const auto server = Start();
  server->MustConnect().MustExecute("ALTER USER 'millrace'@'%' ACCOUNT LOCK");
  server->MustConnect().MustExecute("ALTER USER 'millrace'@'localhost' ACCOUNT LOCK");
  const auto status = Connect(OptionsFor(*server)).status();
  EXPECT_EQ(ErrorReason(status), "SOURCE_AUTHENTICATION_FAILED") << status;
}

TEST_P(ConnectionTest, StoppedServerIsUnreachable) {
  const auto server = Start();
  const SourceOptions options = OptionsFor(*server);
  server->Kill();
  const auto status = Connect(options).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SOURCE_UNREACHABLE");
  EXPECT_THAT(Message(status), HasSubstr("127.0.0.1:"));
}

TEST_P(ConnectionTest, ServerThatGoesAwayIsUnreachable) {
  const auto server = Start();
  const auto connection = MustConnect(OptionsFor(*server));
  server->Kill();
  EXPECT_EQ(ErrorReason(connection->Query("SELECT 1").status()), "SOURCE_UNREACHABLE");
}

TEST_P(ConnectionTest, MissingGrantIsNamedWithItsStatement) {
  const auto server = Start();
  server->MustConnect().MustExecute("CREATE USER poor@'%' IDENTIFIED BY 'poor'");
  const auto connection = MustConnect(OptionsAs(*server, "poor", "poor"));
  const auto status = connection->Query("SHOW BINARY LOGS").status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SOURCE_ACCESS_DENIED");
  EXPECT_THAT(
      ErrorMetadataOf(status)["remedy"],
      HasSubstr(mysql() ? "GRANT REPLICATION CLIENT ON *.*" : "GRANT BINLOG MONITOR ON *.*"));
}

TEST_P(ConnectionTest, ServerOfOtherFlavourIsRejected) {
  const auto server = Start();
  SourceOptions options = OptionsFor(*server);
  options.flavour = mysql() ? Flavour::kMariadb : Flavour::kMysql;
  EXPECT_EQ(ErrorReason(Connect(options).status()), "SOURCE_CHANGED");
}

TEST_P(ConnectionTest, LocalFilesAreNeverSent) {
  const auto server = Start({"--local-infile=1"});
  auto root = server->MustConnect();
  root.MustExecute("CREATE DATABASE d");
  root.MustExecute("CREATE TABLE d.t (a TEXT)");
  root.MustExecute("GRANT ALL ON d.* TO millrace@'%'");
  const auto connection = MustConnect(OptionsFor(*server));
  EXPECT_FALSE(connection->Query("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE d.t").ok());
  EXPECT_EQ(root.MustQueryValue("SELECT COUNT(*) FROM d.t"), "0");
}

MILLRACE_BOTH_SERVERS(ConnectionTest);

TEST(ServerVersionTest, PrefixAndSuffixAreIgnored) {
  EXPECT_EQ(ParseServerVersion("8.4.3"), 80403u);
  EXPECT_EQ(ParseServerVersion("9.7.4-log"), 90704u);
  EXPECT_EQ(ParseServerVersion("5.5.5-10.11.6-MariaDB-0+deb12u1-log"), 101106u);
  EXPECT_EQ(ParseServerVersion("5.5.5"), 50505u);
  EXPECT_EQ(ParseServerVersion("12.3.1-MariaDB"), 120301u);
  EXPECT_EQ(ParseServerVersion("unknown"), 0u);
}

}  // namespace
}  // namespace millrace
