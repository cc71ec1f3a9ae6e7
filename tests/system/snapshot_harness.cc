// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot_harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "millrace/subscription.h"

namespace millrace::testing {

struct SnapshotHarness::Statistics {
  double snapshot_seconds = 0;
  double replay_seconds = 0;
  int crashes = 0;
  uint64_t statements = 0;
  uint64_t failures = 0;
  uint64_t chunks_repeated = 0;
  uint64_t complete = 0;  // newest sequence at the end of the snapshot
  SnapshotModel::Counts counts;
};

namespace {

constexpr int kCrashesMax = 4;
// A full run writes for minutes.
constexpr absl::Duration kOverTimeout = absl::Minutes(15);

std::vector<std::string> SourceArguments(const SnapshotHarness::SourceOptions& options) {
  std::vector<std::string> arguments = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0",
                                        "--innodb-buffer-pool-size=512M"};
  if (options.flavour == Flavour::kMysql && !options.gtids) {
    arguments.push_back("--gtid-mode=OFF");
    arguments.push_back("--enforce-gtid-consistency=OFF");
  }
  return arguments;
}

double SecondsSince(absl::Time begin) { return absl::ToDoubleSeconds(absl::Now() - begin); }

}  // namespace

SnapshotHarness::SnapshotHarness(const SourceOptions& options)
    : options_(options),
      source_(SourceServer::MustStart(
          {.flavour = options.flavour, .options = SourceArguments(options)})),
      sql_(WritingSession(*source_)) {
  for (const SnapshotTableSpec& table : options_.tables) {
    FillTable(sql_, table, options_.rows / options_.tables.size());
  }
}

void SnapshotHarness::SetSource(uint64_t seed) {
  sql_.MustExecute(fmt::format("SET GLOBAL sync_binlog = {}", seed % 3 == 2 ? 1 : 0));
  if (options_.flavour != Flavour::kMysql) return;
  // Both increase the delay between binlog and engine for a transaction.
  sql_.MustExecute(
      fmt::format("SET GLOBAL binlog_order_commits = {}", seed % 2 == 0 ? "ON" : "OFF"));
  constexpr int kDelays[] = {0, 2000, 20'000};
  sql_.MustExecute(
      fmt::format("SET GLOBAL binlog_group_commit_sync_delay = {}", kDelays[seed / 2 % 3]));
}

FeedServerOptions SnapshotHarness::FeedOptions(uint64_t seed) {
  std::minstd_rand random(static_cast<unsigned>(seed));
  const auto below = [&random](uint64_t bound) { return random() % bound; };
  FeedServerOptions options{.tables = {"shop.*", kMarkerTables}};
  // The snapshot takes four to eight seconds, with chunks of all sizes.
  const uint64_t per_table = options_.rows / options_.tables.size();
  options.snapshot = {
      "mode: initial",
      fmt::format("connections: {}", 1 + below(4)),
      fmt::format("rows_per_second: {}", options_.rows / (3 + below(4))),
      fmt::format("chunk_rows_max: {}", std::max<uint64_t>(20, per_table / (2 + below(60)))),
      fmt::format("chunk_time: {}ms", 5 + below(200)),
      "settle_time: 2s"};
  if (!options_.gtids && options_.flavour == Flavour::kMariadb) {
    const SqlRow here = sql_.MustQuery("SHOW MASTER STATUS").at(0);
    options.source = {
        fmt::format("start: {{at: position, file: {}, position: {}}}", *here[0], *here[1])};
  }
  return options;
}

void SnapshotHarness::CrashDuringSnapshot(FeedServer& feed, SnapshotAdmin& admin, const Run& run,
                                          Statistics& figures) {
  std::minstd_rand random(static_cast<unsigned>(run.seed * 31));
  const int crashes = 1 + static_cast<int>(random() % kCrashesMax);
  uint64_t rows = 0;
  for (int i = 0; i < crashes; ++i) {
    rows += random() % (options_.rows / static_cast<uint64_t>(crashes));
    admin.WaitUntilRead(rows, kOverTimeout);
    if (Over(admin.Newest())) return;
    feed.Kill();
    ++figures.crashes;
    feed.Start();
  }
}

void SnapshotHarness::Snapshot(const Run& run) {
  Statistics figures;
  SetSource(run.seed);
  SnapshotLoad load(
      *source_,
      {.tables = options_.tables, .numbers = numbers(), .seed = run.seed, .pause = options_.pause});
  const absl::Time begin = absl::Now();
  const auto feed = FeedServer::MustStart(*source_, FeedOptions(run.seed));
  SnapshotAdmin admin(*feed);
  if (run.crashes) CrashDuringSnapshot(*feed, admin, run, figures);
  const auto snapshots = admin.WaitUntilOver(1, kOverTimeout);
  figures.snapshot_seconds = SecondsSince(begin);
  figures.complete = feed->WaitForState(v1::SourceStatus::STATE_STREAMING).log().newest_sequence();
  load.Stop();
  figures.statements = load.statements();
  figures.failures = load.failures();
  EXPECT_LT(figures.failures, figures.statements / 2);
  Verify(*feed, snapshots, figures);
  Print(run, figures);
}

void SnapshotHarness::Verify(FeedServer& feed, const std::vector<v1::Snapshot>& snapshots,
                             Statistics& figures) {
  for (const v1::Snapshot& snapshot : snapshots) {
    for (const v1::SnapshotTable& table : snapshot.tables()) {
      EXPECT_EQ(table.state(), v1::SnapshotTable::STATE_DONE) << table.ShortDebugString();
      figures.chunks_repeated += table.chunks_repeated();
    }
  }
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(ChangeReader(feed).CurrentToken(sql_));
  const absl::Time begin = absl::Now();
  SnapshotModel model = ModelOf(feed, options_.tables);
  ReplayInto(model, feed, request, figures.complete);
  figures.replay_seconds = SecondsSince(begin);
  figures.counts = model.counts();
  if (!model.violations().empty()) {
    ADD_FAILURE() << fmt::format("{}\nhistory of the first violation:\n{}",
                                 fmt::join(model.violations(), "\n"),
                                 HistoryOfViolation(model, feed));
    return;
  }
  ExpectCountsOf(feed, model, snapshots);
  for (const SnapshotTableSpec& table : options_.tables) {
    const auto differences = Differences(model, feed, sql_, table);
    EXPECT_TRUE(differences.empty()) << fmt::format("{}", fmt::join(differences, "\n"));
  }
}

// A crash rolls back READs together with their counts.
void SnapshotHarness::ExpectCountsOf(const FeedServer& feed, const SnapshotModel& model,
                                     const std::vector<v1::Snapshot>& snapshots) {
  EXPECT_GT(model.counts().reads, 0u);
  EXPECT_GT(model.counts().amid_reads, 0u) << "nothing changed while rows were read";
  for (const SnapshotTableSpec& spec : options_.tables) {
    uint64_t rows_reported = 0;
    for (const v1::SnapshotTable& table : TablesOf(snapshots, spec.name)) {
      rows_reported += table.rows_read();
      EXPECT_EQ(table.restarts(), 0u)
          << "there was no statement: " << table.ShortDebugString() << "\n"
          << feed.LogText();
    }
    const auto& seen = model.counts().reads_by_table;
    const uint64_t read = seen.contains(spec.FullName()) ? seen.at(spec.FullName()) : 0;
    EXPECT_EQ(read, rows_reported) << SnapshotsText(snapshots);
  }
}

void SnapshotHarness::Print(const Run& run, const Statistics& figures) const {
  const auto& counts = figures.counts;
  std::cout << fmt::format(
                   "seed {} {}{}: {} READs in {:.1f} s, {} of known rows; {} changes, {} amid "
                   "READs; {} chunks repeated, {} crashes; {} statements, {} failed; replayed in "
                   "{:.1f} s; {}",
                   run.seed, FlavourName(options_.flavour), options_.gtids ? "" : " by position",
                   counts.reads, figures.snapshot_seconds, counts.repeated_reads, counts.changes,
                   counts.amid_reads, figures.chunks_repeated, figures.crashes, figures.statements,
                   figures.failures, figures.replay_seconds,
                   ::testing::Test::HasFailure() ? "WRONG" : "right")
            << std::endl;
}

}  // namespace millrace::testing
