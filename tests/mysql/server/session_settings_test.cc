// SPDX-License-Identifier: Apache-2.0

// Global variables and init_connect of the source do not affect our sessions.

#include "mysql/session_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/server/source_fixture.h"
#include "mysql/table_details.h"
#include "mysql/table_key.h"
#include "support/worst_settings.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SessionSettingsTest : public SourceTest {
 protected:
  testing::Flavour flavour() const { return GetParam(); }
  // The variables of a new session that do not have the value they need.
  std::vector<std::string> WrongVariables() {
    const auto connection = MustConnect(OptionsFor(*server_));
    std::vector<std::string> wrong;
    for (const SessionSetting& setting : SessionSettings()) {
      const QueryRows rows =
          connection->Query(fmt::format("SHOW SESSION VARIABLES LIKE '{}'", setting.name)).value();
      // Each server lacks some of the variables.
      if (rows.rows.empty()) continue;
      const std::string value = rows.Text(rows.rows[0], {"Value"});
      if (value != setting.value) wrong.push_back(fmt::format("{} = {}", setting.name, value));
    }
    return wrong;
  }

  const std::unique_ptr<testing::SourceServer> server_ = Start();
  testing::SqlSession root_ = server_->MustConnect();
};

TEST_P(SessionSettingsTest, GlobalVariablesDoNotReachOurSessions) {
  for (const testing::WorstSetting& setting : testing::WorstSettings(flavour())) {
    if (setting.session_only) continue;
    const testing::GlobalSetting until_end(root_, setting);
    EXPECT_THAT(WrongVariables(), IsEmpty()) << setting.name << " = " << setting.value;
  }
}

TEST_P(SessionSettingsTest, InitConnectDoesNotReachOurSessions) {
  for (const testing::WorstSetting& setting : testing::WorstSettings(flavour())) {
    root_.MustExecute(testing::InitConnect(setting));
    EXPECT_THAT(WrongVariables(), IsEmpty()) << setting.name << " = " << setting.value;
  }
}

TEST_P(SessionSettingsTest, CombinedGlobalVariablesDoNotReachOurSessions) {
  for (const testing::WorstSetting& setting : testing::WorstSettings(flavour())) {
    if (setting.session_only) continue;
    root_.MustExecute(fmt::format("SET GLOBAL {} = {}", setting.name, setting.value));
  }
  EXPECT_THAT(WrongVariables(), IsEmpty());
}

TEST_P(SessionSettingsTest, TransactionOfInitConnectEnds) {
  root_.MustExecute("CREATE DATABASE shop");
  root_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  root_.MustExecute("SET GLOBAL init_connect = 'START TRANSACTION WITH CONSISTENT SNAPSHOT'");
  const auto connection = MustConnect(OptionsFor(*server_));
  root_.MustExecute("INSERT INTO shop.t VALUES (1)");
  EXPECT_EQ(connection->QueryValue("SELECT COUNT(*) FROM shop.t").value(), "1");
}

TEST_P(SessionSettingsTest, SessionWritesNothing) {
  root_.MustExecute("CREATE DATABASE shop");
  root_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  root_.MustExecute("GRANT ALL ON shop.* TO millrace@'%'");
  const auto connection = MustConnect(OptionsFor(*server_));
  EXPECT_FALSE(connection->Query("INSERT INTO shop.t VALUES (1)").ok());
}

TEST_P(SessionSettingsTest, LimitedExactSettingFails) {
  ASSERT_TRUE(server_->RestartWith({"--maximum-max-sort-length=2000"}).ok());
  const auto status = Connect(OptionsFor(*server_)).status();
  EXPECT_EQ(ErrorReason(status), "SOURCE_SESSION_REFUSED") << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("max_sort_length = '2000'"), HasSubstr("maximum-max_sort_length")));
}

TEST_P(SessionSettingsTest, LimitedPreferredSettingIsAccepted) {
  ASSERT_TRUE(server_->RestartWith({"--maximum-wait-timeout=100"}).ok());
  const auto connection = MustConnect(OptionsFor(*server_));
  EXPECT_EQ(connection->QueryValue("SELECT @@wait_timeout").value(), "100");
}

MILLRACE_BOTH_SERVERS(SessionSettingsTest);

// MariaDB does not generate keys.
TEST(SessionSettingsOfMysql, GeneratedKeyIsAColumn) {
  const auto server = StartSource(ServerKind::kMysql);
  testing::SqlSession root = server->MustConnect();
  root.MustExecute("SET GLOBAL show_gipk_in_create_table_and_information_schema = 0");
  root.MustExecute("SET sql_generate_invisible_primary_key = 1");
  root.MustExecute("CREATE DATABASE shop");
  root.MustExecute("CREATE TABLE shop.t (a INT)");
  const auto connection = MustConnect(OptionsFor(*server));
  const auto key = FetchTableKey(*connection, {"shop", "t"}).value();
  ASSERT_TRUE(key.has_value());
  EXPECT_THAT(key->columns, ElementsAre("my_row_id"));
  EXPECT_EQ(FetchTableDetails(*connection, {"shop", "t"}).value()->columns.size(), 2u);
}

}  // namespace
}  // namespace millrace
