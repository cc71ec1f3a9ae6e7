// SPDX-License-Identifier: Apache-2.0

// The metrics that Prometheus reads from a millraced that follows a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "fmt/format.h"
#include "system/metrics_page.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;

class Metrics : public ::testing::TestWithParam<Flavour> {
 protected:
  Variants shop_{GetParam(), {}, {.source = {"heartbeat_period: 100ms"}, .metrics = kMetricsLines}};
  SqlSession& sql_ = shop_.sql();
  MetricsPage page_{shop_.feed()};

  void SetUp() override { sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)"); }
  static std::string Rows(const std::string& table, const std::string& operation) {
    return fmt::format(
        "millrace_ingest_table_changes_total{{database=\"shop\",table=\"{}\",operation=\"{}\"}}",
        table, operation);
  }
};

TEST_P(Metrics, CountersMatchTheChanges) {
  page_.WaitFor("millrace_log_newest_sequence", Ge(2));  // CREATE DATABASE, CREATE TABLE
  const double transactions = page_.Value("millrace_ingest_transactions_total");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  sql_.MustExecute("UPDATE shop.t SET s = 'd' WHERE id < 3");
  sql_.MustExecute("DELETE FROM shop.t WHERE id = 3");
  page_.WaitFor("millrace_log_newest_sequence", Ge(8));
  EXPECT_EQ(page_.Value(Rows("t", "insert")), 3);
  EXPECT_EQ(page_.Value(Rows("t", "update")), 2);
  EXPECT_EQ(page_.Value(Rows("t", "delete")), 1);
  EXPECT_EQ(page_.Value("millrace_ingest_changes_total"), 8);
  EXPECT_EQ(page_.Value("millrace_ingest_transactions_total"), transactions + 3);
  EXPECT_EQ(page_.Value("millrace_ingest_state{state=\"streaming\"}"), 1);
  EXPECT_GE(page_.Value("millrace_log_commits_total"), 1);
}

TEST_P(Metrics, TablesWithOddNamesHaveSeries) {
  sql_.MustExecute("CREATE TABLE shop.`a\"b\\\\c\nd é` (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.`a\"b\\\\c\nd é` VALUES (1)");
  page_.WaitFor(Rows(R"(a\"b\\\\c\nd é)", "insert"), Ge(1));
}

TEST_P(Metrics, LagOfAStalledSourceGrows) {
  page_.WaitFor("millrace_ingest_lag_seconds", ::testing::Lt(0.05));
  kill(shop_.source().pid(), SIGSTOP);
  page_.WaitFor("millrace_ingest_lag_seconds", Ge(0.3));
  page_.WaitFor("millrace_ingest_lag_seconds", Ge(0.6));
  kill(shop_.source().pid(), SIGCONT);
  page_.WaitFor("millrace_ingest_lag_seconds", ::testing::Lt(0.05));
}

TEST_P(Metrics, UnreachableSourceIsReportedWithItsReason) {
  ASSERT_TRUE(shop_.source().Stop().ok());
  page_.WaitFor("millrace_ingest_error{reason=\"SOURCE_UNREACHABLE\"}", Ge(1));
  page_.WaitFor("millrace_ingest_errors_total{reason=\"SOURCE_UNREACHABLE\"}", Ge(2));
  EXPECT_EQ(page_.Value("millrace_ingest_state{state=\"connecting\"}"), 1);
}

INSTANTIATE_TEST_SUITE_P(Sources, Metrics, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

TEST(MetricsOfAServer, AddressInUsePreventsStart) {
  Variants shop(Flavour::kMysql, {}, {.metrics = kMetricsLines});
  const MetricsPage page(shop.feed());
  TempDirectory directory;
  const std::filesystem::path file = directory.path() / "millrace.yaml";
  std::ofstream(file) << "log: {directory: " << (directory.path() / "log").string()
                      << "}\nserver: {listen: '127.0.0.1:0'}\nmetrics: {listen: '127.0.0.1:"
                      << page.port() << "'}\n";
  const ProcessResult result = RunMillraced({"--config", file.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("cannot serve metrics on 127.0.0.1:"),
                                   HasSubstr("clear metrics.listen")));
}

TEST(MetricsOfAServer, IdleClientDoesNotDelayStop) {
  Variants shop(Flavour::kMysql, {}, {.metrics = kMetricsLines});
  const MetricsPage page(shop.feed());
  const int idle = ConnectTo(page.port());
  const absl::Time begin = absl::Now();
  EXPECT_EQ(shop.feed().Stop(), 0);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  close(idle);
}

}  // namespace
}  // namespace millrace::testing
