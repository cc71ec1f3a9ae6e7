// SPDX-License-Identifier: Apache-2.0

// The feed delivers correct rows regardless of the source's global variables and of `init_connect`,
// which runs because the account of the feed has neither SUPER nor CONNECTION_ADMIN.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "fmt/format.h"
#include "support/worst_settings.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

constexpr uint64_t kRowsFilled = 120;

class SessionSettings : public ::testing::TestWithParam<Flavour> {
 protected:
  SessionSettings() {
    for (const std::string& table : tables_) shop_.Fill(table, kRowsFilled);
  }

  // A snapshot while rows change, and the stream after it, must equal the result of SELECT.
  void ExpectRightRows() {
    shop_.StartFeed({"mode: initial", "chunk_rows_max: 20"});
    const auto snapshot = shop_.admin().WaitUntilOver();
    load_->Stop();
    EXPECT_GE(snapshot.at(0).tables_size(), static_cast<int>(tables_.size()));
    shop_.ExpectFeedEqualsSource(tables_);
    EXPECT_EQ(shop_.feed().Stop(), 0);
  }
  // Starts the writing sessions before the variables change.
  void Write() { load_ = shop_.Write(tables_, kRowsFilled * 2, std::chrono::milliseconds(1)); }

  SnapshotShop shop_{GetParam()};
  const std::vector<std::string> tables_ = {"pair", "int_auto", "name_ci", "moment"};
  std::unique_ptr<SnapshotLoad> load_;
};

// By default, tests only the settings that have failed before. All of them (MILLRACE_SETTINGS=all)
// take minutes.
bool IsTried(const WorstSetting& setting) {
  static const bool all = std::getenv("MILLRACE_SETTINGS") != nullptr;
  static const std::set<std::string> kFailedBefore = {
      "autocommit",       "transaction_isolation", "tx_isolation",
      "sql_select_limit", "completion_type",       "character_set_connection"};
  return all || kFailedBefore.contains(setting.name);
}

TEST_P(SessionSettings, GlobalValueChangesNoRow) {
  for (const WorstSetting& setting : WorstSettings(GetParam())) {
    if (setting.session_only || !IsTried(setting)) continue;
    SCOPED_TRACE(setting.name + " = " + setting.value);
    Write();
    const GlobalSetting until_end(shop_.sql(), setting);
    ExpectRightRows();
  }
}

TEST_P(SessionSettings, InitConnectChangesNoRow) {
  for (const WorstSetting& setting : WorstSettings(GetParam())) {
    if (!IsTried(setting)) continue;
    SCOPED_TRACE(setting.name + " = " + setting.value);
    Write();
    shop_.sql().MustExecute(InitConnect(setting));
    ExpectRightRows();
  }
}

TEST_P(SessionSettings, TransactionOfInitConnectChangesNoRow) {
  Write();
  shop_.sql().MustExecute("SET GLOBAL init_connect = 'START TRANSACTION WITH CONSISTENT SNAPSHOT'");
  ExpectRightRows();
}

TEST_P(SessionSettings, AllGlobalValuesTogetherChangeNoRow) {
  Write();
  for (const WorstSetting& setting : WorstSettings(GetParam())) {
    if (setting.session_only) continue;
    shop_.sql().MustExecute(fmt::format("SET GLOBAL {} = {}", setting.name, setting.value));
  }
  ExpectRightRows();
}

INSTANTIATE_TEST_SUITE_P(Servers, SessionSettings,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
