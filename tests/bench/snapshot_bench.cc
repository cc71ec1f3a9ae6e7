// SPDX-License-Identifier: Apache-2.0

// Compares a snapshot with the limit of the machine, in one run: the rate at which rows of tables
// enter the log. The limit is reading the same tables with SELECT * through the same client library
// over as many connections, and discarding the rows.
//
// Prints a table; with --json FILE also writes {key: {median, min, max, unit, limit}}.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/report.h"
#include "config/source_options.h"
#include "fmt/format.h"
#include "mysql/connection.h"
#include "mysql/row_stream.h"
#include "mysql/source_pool.h"
#include "support/source_server.h"
#include "system/feed_server.h"
#include "system/snapshot_admin.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr int kTables = 4;
constexpr int kConnections = 2;

[[noreturn]] void Die(const absl::Status& status) {
  std::cerr << "snapshot_bench: " << status << std::endl;
  std::exit(1);
}

class Bench {
 public:
  Bench(Flavour flavour, uint64_t rows)
      : rows_(rows),
        source_(SourceServer::MustStart(
            {.flavour = flavour,
             .options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0",
                         "--innodb-buffer-pool-size=1G"}})),
        sql_(source_->MustConnect()) {
    options_.socket = source_->socket();
    options_.server_id = 4243;
    options_.user = "root";
    sql_.MustExecute("CREATE DATABASE bench");
    sql_.MustExecute("SET sql_log_bin = 0");
    for (int i = 0; i < kTables; ++i) Fill(TableOf(i));
  }

  // Returns rows per second of queries for whole tables. The rows are discarded.
  double Scan() const {
    const auto begin = steady_clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < kConnections; ++i) {
      threads.emplace_back([this, i] {
        for (int table = i; table < kTables; table += kConnections) ScanTable(TableOf(table));
      });
    }
    for (std::thread& thread : threads) thread.join();
    return Rate(begin);
  }

  // Returns rows per second of a new millraced, from its first connection to the last row on disk.
  double Snapshot(Report& report, const std::string& key) const {
    const auto begin = steady_clock::now();
    const auto feed = FeedServer::MustStart(
        *source_, {.tables = {"bench.*"},
                   .snapshot = {"mode: initial", fmt::format("connections: {}", kConnections)}});
    SnapshotAdmin admin(*feed);
    const auto snapshots = admin.WaitUntilOver(1, absl::Minutes(10));
    const double rate = Rate(begin);
    if (RowsRead(snapshots.front()) != kTables * rows_) {
      Die(absl::InternalError("not all rows were read: " + SnapshotsText(snapshots)));
    }
    report.Add(key + "_rss_peak_mib", PeakRssMib(feed->pid()), "MiB");
    report.Add(key + "_cpu_s_per_million",
               CpuSeconds(feed->pid()) * 1e6 / static_cast<double>(kTables * rows_), "s");
    return rate;
  }

 private:
  static std::string TableOf(int i) { return fmt::format("bench.account{}", i); }

  double Rate(steady_clock::time_point begin) const {
    return static_cast<double>(kTables * rows_) /
           duration<double>(steady_clock::now() - begin).count();
  }

  // Rows of about 200 bytes.
  void Fill(const std::string& table) {
    sql_.MustExecute(fmt::format(
        "CREATE TABLE {} (id BIGINT PRIMARY KEY AUTO_INCREMENT, owner VARCHAR(64), email "
        "VARCHAR(64), balance DECIMAL(12,2), opened DATETIME(3), changed TIMESTAMP(6), state INT, "
        "flags BIGINT UNSIGNED, note VARCHAR(200)) CHARACTER SET utf8mb4",
        table));
    sql_.MustExecute(fmt::format(
        "INSERT INTO {} (owner, email, balance, opened, changed, state, flags, note) VALUES "
        "('owner number 17', 'user17@mail.example', 17.17, '2026-01-01 10:00:00.123', "
        "'2026-01-02 11:00:00.123456', 17, 17000051, 'a note of a few words, nearly the same for "
        "all of the rows there are, so that a row has some two hundred')",
        table));
    for (uint64_t have = 1; have < rows_; have = std::min(rows_, 2 * have)) {
      sql_.MustExecute(fmt::format(
          "INSERT INTO {0} (owner, email, balance, opened, changed, state, flags, note) SELECT "
          "owner, email, balance + id, opened, changed, state + id, flags + id, note FROM {0} "
          "LIMIT {1}",
          table, std::min(have, rows_ - have)));
    }
  }

  void ScanTable(const std::string& table) const {
    const auto connection = SourcePool(options_).Connect();
    if (!connection.ok()) Die(connection.status());
    const auto rows = (*connection)->Stream("SELECT * FROM " + table);
    if (!rows.ok()) Die(rows.status());
    for (uint64_t count = 0;; ++count) {
      const auto more = (*rows)->Next();
      if (!more.ok()) Die(more.status());
      if (*more) continue;
      if (count != rows_) Die(absl::InternalError(table + " has a wrong number of rows"));
      return;
    }
  }

  const uint64_t rows_;
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  SourceOptions options_;
};

int Main(int argc, char** argv) {
  CLI::App app("Compares snapshots with the limit of the machine.");
  bool quick = false;
  std::string json;
  app.add_flag("--quick", quick, "smaller tables, one run");
  app.add_option("--json", json, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  Report report;
  for (const Flavour flavour : {Flavour::kMysql, Flavour::kMariadb}) {
    const std::string key = "snapshot_" + FlavourName(flavour);
    const Bench bench(flavour, quick ? 50'000 : 250'000);
    for (int run = 0; run < (quick ? 1 : 3); ++run) {
      const double limit = bench.Scan();
      const double rate = bench.Snapshot(report, key);
      report.Add(key + "_rows_s", rate, "rows/s", limit);
      report.Add(key + "_ratio_to_scan", rate / limit, "", 1);
      if (flavour == Flavour::kMysql) report.Add("snapshot_rows_s", rate, "rows/s", limit);
    }
  }
  report.Print();
  if (!json.empty()) report.Write(json);
  return 0;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) { return millrace::testing::Main(argc, argv); }
