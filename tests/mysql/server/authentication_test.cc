// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mysql/connection.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

TEST(AuthenticationTest, CachingSha2WorksWithoutTls) {
  const auto server = StartSource(ServerKind::kMysql);
  auto root = server->MustConnect();
  root.MustExecute("CREATE USER sha@'%' IDENTIFIED WITH caching_sha2_password BY 'a long secret'");
  const auto connection = MustConnect(OptionsAs(*server, "sha", "a long secret"));
  EXPECT_EQ(connection->TlsCipher(), "");
  EXPECT_EQ(*connection->QueryValue("SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)"), "sha");
}

TEST(AuthenticationTest, CachingSha2WorksWithTls) {
  const auto server = StartSource(ServerKind::kMysql);
  auto root = server->MustConnect();
  root.MustExecute("CREATE USER sha@'%' IDENTIFIED WITH caching_sha2_password BY 'a long secret'");
  SourceOptions options = OptionsAs(*server, "sha", "a long secret");
  options.tls.mode = TlsMode::kRequired;
  EXPECT_NE(MustConnect(options)->TlsCipher(), "");
}

TEST(AuthenticationTest, Ed25519WorksOnMariadb) {
  const auto server = StartSource(ServerKind::kMariadb);
  auto root = server->MustConnect();
  root.MustExecute("INSTALL SONAME 'auth_ed25519'");
  root.MustExecute("CREATE USER edward@'%' IDENTIFIED VIA ed25519 USING PASSWORD('curve')");
  EXPECT_EQ(*MustConnect(OptionsAs(*server, "edward", "curve"))->QueryValue("SELECT 1"), "1");
  EXPECT_EQ(ErrorReason(Connect(OptionsAs(*server, "edward", "line")).status()),
            "SOURCE_AUTHENTICATION_FAILED");
}

TEST(AuthenticationTest, NativePasswordWorksOnMariadb) {
  const auto server = StartSource(ServerKind::kMariadb);
  server->MustConnect().MustExecute(
      "CREATE USER nat@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('old')");
  EXPECT_EQ(*MustConnect(OptionsAs(*server, "nat", "old"))->QueryValue("SELECT 1"), "1");
}

TEST(AuthenticationTest, AccountWithoutPasswordWorks) {
  const auto server = StartSource(ServerKind::kMysql);
  server->MustConnect().MustExecute("CREATE USER open@'%' IDENTIFIED BY ''");
  EXPECT_EQ(*MustConnect(OptionsAs(*server, "open", ""))->QueryValue("SELECT 1"), "1");
}

}  // namespace
}  // namespace millrace
