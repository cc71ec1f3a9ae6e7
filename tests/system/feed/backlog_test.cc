// SPDX-License-Identifier: Apache-2.0

// A feed that lags, with more of the binlog available than it reads at once.

#include <gtest/gtest.h>
#include <signal.h>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/metrics_page.h"

namespace millrace::testing {
namespace {

constexpr char kBytesRead[] = "millrace_ingest_binlog_bytes_total";
constexpr double kMebibyte = 1 << 20;
constexpr int kLargeMebibytes = 128;
constexpr int kRoundsMax = 10;

class Backlog : public ::testing::TestWithParam<Flavour> {
 protected:
  Backlog() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    sql_.MustExecute("CREATE DATABASE other");
    sql_.MustExecute("CREATE TABLE other.large (data LONGBLOB)");
    // The test stops the source for a while; its silence must not end the connection.
    feed_ = FeedServer::MustStart(
        *source_,
        {.tables = {"shop.*"}, .source = {"heartbeat_period: 3600s"}, .metrics = kMetricsLines});
    feed_->WaitForState(v1::SourceStatus::STATE_STREAMING);
  }
  // While the feed is stopped, commits a row of a captured table, followed by a large transaction
  // of an uncaptured table.
  void WriteWhileFeedIsStopped(int id) {
    kill(feed_->pid(), SIGSTOP);
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", id));
    sql_.MustExecute(
        fmt::format("INSERT INTO other.large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                    "SELECT i + 1 FROM n WHERE i < {}) SELECT REPEAT('x', 1 << 20) "
                    "FROM n",
                    kLargeMebibytes));
    kill(feed_->pid(), SIGCONT);
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_P(Backlog, CommittedChangesDoNotWaitForUncapturedTransaction) {
  const MetricsPage metrics(*feed_);
  bool stopped_within = false;
  for (int round = 1; !stopped_within; ++round) {
    ASSERT_LE(round, kRoundsMax) << "the source was always stopped too late";
    const double before = metrics.Value(kBytesRead);
    WriteWhileFeedIsStopped(round);
    metrics.WaitFor(kBytesRead, ::testing::Ge(before + 8 * kMebibyte));
    kill(source_->pid(), SIGSTOP);
    const std::vector<SeenChange> changes =
        ChangeReader(*feed_).ReadCount(ChangeReader::FromEarliest(), static_cast<size_t>(round));
    EXPECT_EQ(changes.back().after->at("id"), std::to_string(round));
    stopped_within = metrics.Value(kBytesRead) < before + kLargeMebibytes * kMebibyte;
    kill(source_->pid(), SIGCONT);
    metrics.WaitFor(kBytesRead, ::testing::Ge(before + kLargeMebibytes * kMebibyte));
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, Backlog, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
