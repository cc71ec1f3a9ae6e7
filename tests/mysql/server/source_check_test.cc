// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/binlog_stream.h"
#include "mysql/grant_check.h"
#include "mysql/pattern_check.h"
#include "mysql/server/source_fixture.h"

namespace millrace {

// Lets GoogleTest print a finding.
void PrintTo(const Finding& finding, std::ostream* stream) {
  *stream << finding.code << ": " << finding.message << " (" << finding.remedy << ")";
}

namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

auto HasCode(const std::string& code) { return Contains(Field(&Finding::code, code)); }

class SourceCheckTest : public SourceTest {
 protected:
  static std::vector<Finding> Check(const SourceOptions& options) {
    const auto findings = CheckSource(*MustConnect(options), options);
    EXPECT_TRUE(findings.ok()) << findings.status();
    return findings.value_or(std::vector<Finding>());
  }
  static std::vector<Finding> Check(const testing::SourceServer& server) {
    return Check(OptionsFor(server));
  }
  static Finding Find(const std::vector<Finding>& findings, const std::string& code) {
    for (const Finding& finding : findings) {
      if (finding.code == code) return finding;
    }
    ADD_FAILURE() << "no finding " << code;
    return {};
  }
  // Expects the finding after `statement`, and no such finding after running its remedy as root.
  static void ExpectFixedByItsRemedy(const testing::SourceServer& server,
                                     const std::string& statement, const std::string& code,
                                     Severity severity) {
    auto root = server.MustConnect();
    root.MustExecute(statement);
    const Finding finding = Find(Check(server), code);
    EXPECT_EQ(finding.severity, severity) << code;
    ASSERT_EQ(finding.remedy.back(), ';') << finding.remedy;
    root.MustExecute(finding.remedy);
    EXPECT_THAT(Check(server), Not(HasCode(code))) << finding.remedy;
  }
};

TEST_P(SourceCheckTest, WellConfiguredSourceHasNoFinding) {
  const auto server =
      Start(mysql() ? std::vector<std::string>{}
                    : std::vector<std::string>{"--gtid-strict-mode=ON", "--sync-binlog=1"});
  EXPECT_THAT(Check(*server), IsEmpty());
}

TEST_P(SourceCheckTest, RemedyFixesEachSetting) {
  const auto server = Start();
  ExpectFixedByItsRemedy(*server, "SET GLOBAL binlog_format = MIXED", "BINLOG_FORMAT_NOT_ROW",
                         Severity::kError);
  ExpectFixedByItsRemedy(*server, "SET GLOBAL binlog_row_image = MINIMAL",
                         "BINLOG_ROW_IMAGE_NOT_FULL", Severity::kWarning);
  ExpectFixedByItsRemedy(*server, "SET GLOBAL binlog_row_metadata = MINIMAL",
                         "BINLOG_ROW_METADATA_NOT_FULL", Severity::kWarning);
  ExpectFixedByItsRemedy(*server, "SET GLOBAL binlog_expire_logs_seconds = 3600",
                         "BINLOG_EXPIRES_EARLY", Severity::kWarning);
  ExpectFixedByItsRemedy(*server, "SET GLOBAL sync_binlog = 0", "SYNC_BINLOG_NOT_1",
                         Severity::kWarning);
  ExpectFixedByItsRemedy(*server, "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
                         "INNODB_FLUSH_NOT_1", Severity::kWarning);
}

TEST_P(SourceCheckTest, SourceWithoutBinlogIsAnError) {
  const auto server = Start({"--skip-log-bin", mysql() ? "--gtid-mode=OFF" : "--server-id=1"});
  const Finding finding = Find(Check(*server), "LOG_BIN_OFF");
  EXPECT_EQ(finding.severity, Severity::kError);
  EXPECT_EQ(finding.remedy, "log_bin = binlog");
}

TEST_P(SourceCheckTest, RemedyAddsMissingGrants) {
  const auto server = Start();
  auto root = server->MustConnect();
  root.MustExecute("CREATE USER 'od''d'@'%' IDENTIFIED BY 'x'");
  const SourceOptions options = OptionsAs(*server, "od'd", "x");
  std::vector<Finding> findings = Check(options);
  size_t grants = 0;
  for (const Finding& finding : findings) {
    if (finding.code != kGrantMissing) continue;
    ++grants;
    EXPECT_EQ(finding.severity, Severity::kError);
    root.MustExecute(finding.remedy);
  }
  EXPECT_EQ(grants, 3u);
  EXPECT_THAT(Check(options), Not(HasCode(std::string(kGrantMissing))));
  EXPECT_TRUE(OpenStream(options, {}).ok());
}

TEST_P(SourceCheckTest, RemedyRaisesConnectionLimit) {
  const auto server = Start();
  auto root = server->MustConnect();
  const SnapshotOptions snapshots;
  for (const int limit : {1, 2, 4}) {
    root.MustExecute(fmt::format("ALTER USER 'millrace'@'%' WITH MAX_USER_CONNECTIONS {}", limit));
    const auto findings =
        CheckSource(*MustConnect(OptionsFor(*server)), OptionsFor(*server), &snapshots);
    const Finding finding = Find(*findings, "ACCOUNT_CONNECTIONS_FEW");
    EXPECT_EQ(finding.severity, limit < 2 ? Severity::kError : Severity::kWarning);
    EXPECT_THAT(finding.message, HasSubstr(fmt::format("may have {} connections", limit)));
    root.MustExecute(finding.remedy);
    EXPECT_THAT(*CheckSource(*MustConnect(OptionsFor(*server)), OptionsFor(*server), &snapshots),
                Not(HasCode("ACCOUNT_CONNECTIONS_FEW")));
  }
  // Without snapshots the feed needs two.
  root.MustExecute("ALTER USER 'millrace'@'%' WITH MAX_USER_CONNECTIONS 2");
  EXPECT_THAT(Check(*server), Not(HasCode("ACCOUNT_CONNECTIONS_FEW")));
}

TEST_P(SourceCheckTest, GrantsOfARoleCount) {
  const auto server = Start();
  auto root = server->MustConnect();
  root.MustExecute("CREATE ROLE feeds");
  root.MustExecute("GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO feeds");
  root.MustExecute("CREATE USER member@'%' IDENTIFIED BY 'x'");
  root.MustExecute("GRANT feeds TO member@'%'");
  root.MustExecute(mysql() ? "SET DEFAULT ROLE feeds TO member@'%'"
                           : "SET DEFAULT ROLE feeds FOR member@'%'");
  const SourceOptions options = OptionsAs(*server, "member", "x");
  EXPECT_THAT(Check(options), Not(HasCode(std::string(kGrantMissing))));
  EXPECT_TRUE(OpenStream(options, {}).value()->Read().ok());
}

TEST_P(SourceCheckTest, EachNamedTableNeedsSelect) {
  const auto server = Start();
  auto root = server->MustConnect();
  root.MustExecute("CREATE DATABASE d");
  root.MustExecute("CREATE TABLE d.`odd``name` (a INT)");
  root.MustExecute("CREATE TABLE d.readable (a INT)");
  root.MustExecute("CREATE USER poor@'%' IDENTIFIED BY 'x'");
  root.MustExecute("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO poor@'%'");
  root.MustExecute("GRANT SELECT ON d.readable TO poor@'%'");
  SourceOptions options = OptionsAs(*server, "poor", "x");
  options.tables = {"d.readable", "d.`odd``name`"};
  const Finding finding = Find(Check(options), std::string(kGrantMissing));
  EXPECT_THAT(finding.remedy, HasSubstr("GRANT SELECT ON `d`.`odd``name` TO"));
  root.MustExecute(finding.remedy);
  EXPECT_THAT(Check(options), Not(HasCode(std::string(kGrantMissing))));
}

TEST_P(SourceCheckTest, PatternThatMatchesNothingIsAWarning) {
  const auto server = Start();
  server->MustConnect().MustExecute("CREATE DATABASE d");
  server->MustConnect().MustExecute("CREATE TABLE d.orders (id INT PRIMARY KEY, password INT)");
  SourceOptions options = OptionsFor(*server);
  options.tables = {"d.*", "nope.*", "d.ordres", "!d.audit", "!*.tmp_*"};
  options.exclude_columns = {"d.orders.password", "*.*.password", "d.orders.pasword", "nope.*.c"};
  SnapshotOptions snapshots;
  snapshots.tables = {"d.o*", "d.x*"};
  const auto findings = CheckSource(*MustConnect(options), options, &snapshots);
  std::string text;
  for (const Finding& finding : *findings) {
    if (finding.code != kPatternMatchesNothing) continue;
    EXPECT_EQ(finding.severity, Severity::kWarning);
    text += finding.message.substr(0, finding.message.find(',')) + " | " + finding.remedy + "\n";
  }
  EXPECT_EQ(text,
            "source.tables has 'nope.*' | correct source.tables unless such tables are still to be "
            "created\n"
            "source.tables has 'd.ordres' | source.tables: \"d.orders\"\n"
            "source.tables has '!d.audit' | correct source.tables unless such tables are still to "
            "be created\n"
            "snapshot.tables has 'd.x*' | correct snapshot.tables unless such tables are still to "
            "be created\n"
            "source.exclude_columns has 'd.orders.pasword' | correct source.exclude_columns unless "
            "the column is still to be created\n"
            "source.exclude_columns has 'nope.*.c' | correct source.exclude_columns unless the "
            "column is still to be created\n");
  EXPECT_TRUE(FindingsStatus(*findings, "db:1").ok());
}

TEST_P(SourceCheckTest, ServerIdOfSourceIsAnError) {
  const auto server = Start({"--server-id=33"});
  SourceOptions options = OptionsFor(*server);
  options.server_id = 33;
  EXPECT_EQ(Find(Check(options), "SERVER_ID_OF_SOURCE").severity, Severity::kError);
}

TEST_P(SourceCheckTest, ServerIdInUseIsAWarning) {
  const auto server = Start();
  SourceOptions options = OptionsFor(*server);
  server->MustConnect().MustExecute(mysql() ? "DO 0"
                                            : "GRANT REPLICATION MASTER ADMIN ON *.* TO "
                                              "millrace@'%'");
  EXPECT_THAT(Check(options), Not(HasCode("SERVER_ID_IN_USE")));
  const auto stream = OpenStream(options, {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  ASSERT_TRUE((*stream)->Read().ok());
  EXPECT_EQ(Find(Check(options), "SERVER_ID_IN_USE").severity, Severity::kWarning);
  options.server_id += 1;
  EXPECT_THAT(Check(options), Not(HasCode("SERVER_ID_IN_USE")));
}

TEST_P(SourceCheckTest, FiltersOfTheBinlogAreAWarning) {
  const auto server = Start({"--binlog-do-db=only", "--binlog-ignore-db=never"});
  const Finding finding = Find(Check(*server), "BINLOG_FILTERED");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_THAT(finding.message, HasSubstr("only"));
}

TEST_P(SourceCheckTest, ErrorsComeFirst) {
  const auto server = Start({"--binlog-format=MIXED", "--binlog-row-image=MINIMAL"});
  const std::vector<Finding> findings = Check(*server);
  ASSERT_GE(findings.size(), 2u);
  EXPECT_EQ(findings.front().severity, Severity::kError);
  EXPECT_EQ(findings.back().severity, Severity::kWarning);
}

// The findings of CheckNames with these settings.
std::vector<Finding> FindingsOfNames(uint32_t lower_case_table_names, const SourceOptions& options,
                                     const SnapshotOptions* snapshots = nullptr) {
  ServerInfo server;
  server.lower_case_table_names = lower_case_table_names;
  const bool folds = lower_case_table_names == 1;
  return CheckNames(server, folds ? NameFolding::ToLower({{"Ä", "ä"}}) : NameFolding(), options,
                    snapshots);
}

TEST(SourceCheckOfNames, NamesSpelledInTwoWaysAreAnError) {
  EXPECT_THAT(FindingsOfNames(2, {}), HasCode("LOWER_CASE_TABLE_NAMES_2"));
  EXPECT_THAT(FindingsOfNames(0, {}), IsEmpty());
  EXPECT_THAT(FindingsOfNames(1, {}), IsEmpty());
  EXPECT_EQ(ErrorReason(FindingsStatus(FindingsOfNames(2, {}), "db:3306")), "SOURCE_MISCONFIGURED");
}

TEST(SourceCheckOfNames, UpperCasePatternIsAnError) {
  SourceOptions options;
  options.tables = {"shop.*", "!`Shop`.Ärger"};
  const auto findings = FindingsOfNames(1, options);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "PATTERN_NOT_LOWER_CASE");
  EXPECT_EQ(findings[0].remedy, "source.tables: \"!`shop`.ärger\"");
  EXPECT_THAT(FindingsOfNames(0, options), IsEmpty());
}

TEST(SourceCheckOfNames, ColumnNameInPatternKeepsItsCase) {
  SourceOptions options;
  options.exclude_columns = {"shop.`a.B`.Hash", "shop.users.Password"};
  const auto findings = FindingsOfNames(1, options);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].remedy, "source.exclude_columns: \"shop.`a.b`.Hash\"");
}

TEST(SourceCheckOfNames, SnapshotPatternsAreChecked) {
  SnapshotOptions snapshots;
  snapshots.tables = {"Shop.*"};
  EXPECT_THAT(FindingsOfNames(1, {}, &snapshots), HasCode("PATTERN_NOT_LOWER_CASE"));
}

MILLRACE_BOTH_SERVERS(SourceCheckTest);

TEST(SourceCheckMysqlTest, GtidModeIsReachedStepByStep) {
  const auto server =
      StartSource(ServerKind::kMysql, {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"});
  auto root = server->MustConnect();
  const SourceOptions options = OptionsFor(*server);
  int steps = 0;
  for (; steps < 10; ++steps) {
    const auto findings = CheckSource(*MustConnect(options), options);
    ASSERT_TRUE(findings.ok()) << findings.status();
    if (findings->empty()) break;
    EXPECT_EQ(findings->front().code, "GTID_MODE_OFF");
    root.MustExecute(findings->front().remedy);
  }
  EXPECT_EQ(steps, 4);
  EXPECT_EQ(root.MustQueryValue("SELECT @@gtid_mode"), "ON");
}

TEST(SourceCheckMysqlTest, SettleTimeMustExceedSemiSyncTimeout) {
  const auto server =
      StartSource(ServerKind::kMysql,
                  {"--gtid-mode=OFF", "--plugin-load-add=semisync_source.so",
                   "--rpl-semi-sync-source-enabled=1", "--rpl-semi-sync-source-timeout=20000"});
  const SourceOptions options = OptionsFor(*server);
  const auto check = [&](Micros settle_time) {
    SnapshotOptions snapshots;
    snapshots.settle_time = settle_time;
    return CheckSource(*MustConnect(options), options, &snapshots).value();
  };
  EXPECT_THAT(check(20'000'000),
              Contains(Finding{Severity::kWarning, "SETTLE_TIME_TOO_SHORT",
                               "rpl_semi_sync_source_timeout is 20000 ms and "
                               "snapshot.settle_time is not longer: without GTIDs "
                               "a snapshot may miss a transaction that waits "
                               "for a replica",
                               "snapshot.settle_time: 25s"}));
  EXPECT_THAT(check(25'000'000), Not(HasCode("SETTLE_TIME_TOO_SHORT")));
}

TEST(SourceCheckMariadbTest, GtidStrictModeIsRecommended) {
  const auto server = StartSource(ServerKind::kMariadb, {"--sync-binlog=1"});
  const SourceOptions options = OptionsFor(*server);
  auto findings = CheckSource(*MustConnect(options), options);
  ASSERT_THAT(findings.value(), HasCode("GTID_STRICT_MODE_OFF"));
  server->MustConnect().MustExecute(findings->front().remedy);
  EXPECT_THAT(CheckSource(*MustConnect(options), options).value(), IsEmpty());
}

TEST(FindingsStatusTest, NamesEachErrorAndItsRemedy) {
  const std::vector<Finding> findings = {{Severity::kError, "A", "a is wrong", "SET a = 1;"},
                                         {Severity::kWarning, "B", "b is odd", "SET b = 1;"}};
  const absl::Status status = FindingsStatus(findings, "db:1");
  EXPECT_EQ(ErrorReason(status), "SOURCE_MISCONFIGURED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("a is wrong; fix it with: SET a = 1;"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("b is odd")));
}

TEST(FindingsStatusTest, WarningsAloneAreFine) {
  EXPECT_TRUE(FindingsStatus({{Severity::kWarning, "B", "b", "c"}}, "db:1").ok());
}

TEST(FindingsStatusTest, OnlyMissingGrantsAreAccessDenied) {
  const absl::Status status =
      FindingsStatus({{Severity::kError, std::string(kGrantMissing), "m", "r"}}, "db:1");
  EXPECT_EQ(ErrorReason(status), "SOURCE_ACCESS_DENIED");
}

TEST(GrantCheckTest, PrivilegeIsFoundAmongPrivilegesOnly) {
  EXPECT_TRUE(AnyGrants({"GRANT SELECT ON *.* TO `a`@`%`"}, "SELECT"));
  EXPECT_TRUE(AnyGrants({"GRANT INSERT, SELECT ON `d`.* TO `a`@`%`"}, "SELECT"));
  EXPECT_TRUE(AnyGrants({"GRANT ALL PRIVILEGES ON *.* TO `a`@`%`"}, "SELECT"));
  EXPECT_FALSE(AnyGrants({"GRANT USAGE ON *.* TO `, SELECT,`@`%`"}, "SELECT"));
  EXPECT_TRUE(AnyGrants({"GRANT ALL PRIVILEGES ON `d`.* TO a"}, "SELECT"));
  EXPECT_FALSE(AnyGrants({"GRANT ALL PRIVILEGES ON `d`.* TO a"}, "REPLICATION SLAVE"));
  EXPECT_TRUE(AnyGrants({"GRANT ALL PRIVILEGES ON *.* TO a"}, "REPLICATION SLAVE"));
  EXPECT_FALSE(AnyGrants({"GRANT REPLICATION SLAVE ADMIN ON *.* TO a"}, "REPLICATION SLAVE"));
}

}  // namespace
}  // namespace millrace
