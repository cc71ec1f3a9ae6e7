// Measures the feed beside the limit of the machine, in one run: how fast a backlog of binlog
// becomes a durable log, against reading the same binlog and throwing it away; and how long a
// commit takes to reach a subscriber.
//
// Prints a table; with --json FILE also writes {key: {median, min, max, unit, limit}}.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/bytes.h"
#include "base/clock.h"
#include "bench/report.h"
#include "config/source_options.h"
#include "fmt/format.h"
#include "integration/feed_server.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"
#include "mysql/current_position.h"
#include "support/source_server.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

struct Backlog {
  std::string name;
  uint64_t rows = 0;
  SourcePosition from;
  uint64_t bytes = 0;  // of binlog, measured by reading it
};

// A source with a binlog made beforehand, because no source writes as fast as a feed reads.
class Bench {
 public:
  explicit Bench(uint64_t rows)
      : rows_(rows),
        source_(SourceServer::MustStart(
            {.flavour = Flavour::kMysql,
             .options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0",
                         "--innodb-buffer-pool-size=1G", "--max-binlog-size=1G"}})),
        sql_(source_->MustConnect()) {
    options_.socket = source_->socket();
    options_.user = "root";
    options_.server_id = 4242;
    sql_.MustExecute("CREATE DATABASE bench");
    sql_.MustExecute(
        "CREATE TABLE bench.account (id BIGINT PRIMARY KEY AUTO_INCREMENT, owner VARCHAR(64), "
        "email VARCHAR(64), balance DECIMAL(12,2), opened DATETIME(3), changed TIMESTAMP(6), "
        "state INT, flags BIGINT UNSIGNED, note VARCHAR(100)) CHARACTER SET utf8mb4");
  }

  Backlog MakeBulk() {
    Backlog backlog{.name = "bulk", .rows = 2 * rows_, .from = Here(), .bytes = 0};
    Insert(1000);
    for (uint64_t have = 1000; have < rows_; have = std::min(rows_, 2 * have)) {
      sql_.MustExecute(fmt::format(
          "INSERT INTO bench.account (owner, email, balance, opened, changed, state, flags, note) "
          "SELECT owner, email, balance, opened, changed, state, flags, note FROM bench.account "
          "LIMIT {}",
          std::min(have, rows_ - have)));
    }
    sql_.MustExecute("UPDATE bench.account SET balance = balance + 1, state = state + 1");
    return backlog;
  }

  // Transactions of one row each, from several sessions.
  Backlog MakeSingle(uint64_t transactions) {
    Backlog backlog{.name = "single", .rows = transactions, .from = Here(), .bytes = 0};
    sql_.MustExecute(
        "CREATE PROCEDURE bench.many(n INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < n DO "
        "UPDATE bench.account SET state = state + 1 WHERE id = 1 + (i % 1000); "
        "SET i = i + 1; END WHILE; END");
    sql_.MustExecute(fmt::format("CALL bench.many({})", transactions));
    return backlog;
  }

  // Reads the backlog and throws it away: seconds. Sets its size.
  double RawRead(Backlog& backlog) {
    const SourcePosition end = Here();
    const auto begin = steady_clock::now();
    auto stream = BinlogStream::Open(options_, backlog.from);
    if (!stream.ok()) Die(stream.status());
    uint64_t bytes = 0;
    while (true) {
      const auto event = (*stream)->Read();
      if (!event.ok()) Die(event.status());
      bytes += event->size();
      if (!(*stream)->HasMore() && EndsAt(*event, end.offset)) break;
    }
    backlog.bytes = bytes;
    return duration<double>(steady_clock::now() - begin).count();
  }

  // A fresh millraced reads it into a fresh log: seconds from its first connection on.
  double Ingest(const Backlog& backlog, Report& report, const std::string& key) {
    const auto feed = FeedServer::MustStart(
        *source_, {.tables = {"bench.*"},
                   .source = {fmt::format("start: {{at: gtid_set, gtid_set: '{}'}}",
                                          backlog.from.gtids.ToString())},
                   .log = {},
                   .server = {}});
    const auto begin = steady_clock::now();
    uint64_t newest = 0;
    const uint64_t expected = backlog.rows;
    while (newest < expected) {
      const auto status = feed->client().GetStatus({});
      if (!status.ok()) Die(status.status());
      if (status->source().state() == v1::SourceStatus::STATE_FAILED) {
        Die(absl::InternalError(status->source().error()));
      }
      newest = status->log().newest_sequence();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    const double seconds = duration<double>(steady_clock::now() - begin).count();
    report.Add(key + "_rss_peak_mib", PeakRssMib(feed->pid()), "MiB");
    report.Add(key + "_cpu_s_per_million",
               CpuSeconds(feed->pid()) * 1e6 / static_cast<double>(newest), "s");
    report.Add(key + "_disk_ratio_to_binlog",
               BytesBelow(feed->data_directory()) / static_cast<double>(backlog.bytes), "");
    return seconds;
  }

  // Commits at a steady rate, measures until a subscriber has each: microseconds.
  std::vector<double> Latency(int rate, int seconds, const std::string& durability) {
    const auto feed = FeedServer::MustStart(
        *source_,
        {.tables = {"bench.*"}, .source = {}, .log = {"durability: " + durability}, .server = {}});
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_LATEST);
    auto subscription = feed->client().Subscribe({.request = request, .retry = {}});
    if (!subscription->Open().ok()) Die(absl::InternalError("cannot subscribe"));
    const int count = rate * seconds;
    std::thread writer([this, rate, count] { WriteSteadily(rate, count); });
    std::vector<double> latencies;
    while (latencies.size() < static_cast<size_t>(count)) {
      const auto batch = subscription->Next();
      const auto now = Clock::System().WallMicros();
      if (!batch.ok() || !batch->has_value()) Die(batch.status());
      for (const v1::Transaction& transaction : (*batch)->transactions()) {
        const auto& time = transaction.commit_time();
        latencies.push_back(
            static_cast<double>(now - time.seconds() * 1'000'000 - time.nanos() / 1000));
      }
    }
    writer.join();
    std::sort(latencies.begin(), latencies.end());
    return latencies;
  }

 private:
  [[noreturn]] static void Die(const absl::Status& status) {
    std::cerr << "feed_bench: " << status << std::endl;
    std::exit(1);
  }

  SourcePosition Here() {
    auto connection = Connection::Connect(options_);
    if (!connection.ok()) Die(connection.status());
    const auto position = CurrentPosition(**connection);
    if (!position.ok()) Die(position.status());
    return *position;
  }

  // The last event of the backlog: its header says where the next one begins.
  static bool EndsAt(std::string_view event, uint64_t offset) {
    return event.size() >= 19 && LoadLittle32(event.data() + 13) == static_cast<uint32_t>(offset);
  }

  void Insert(int count) {
    std::string values;
    for (int i = 0; i < count; ++i) {
      values += fmt::format(
          "{}('owner number {}', 'user{}@mail.example', {}.{:02}, "
          "'2026-01-01 10:00:00.123', '2026-01-02 11:00:00.123456', {}, {}, "
          "'a note of a few words, the same for all of them, {}')",
          i == 0 ? "" : ",", i, i, i * 17, i % 100, i, i * 1000003, i);
    }
    sql_.MustExecute(
        "INSERT INTO bench.account (owner, email, balance, opened, changed, state, "
        "flags, note) VALUES " +
        values);
  }

  void WriteSteadily(int rate, int count) {
    SqlSession session = source_->MustConnect();
    const auto begin = steady_clock::now();
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_until(begin +
                                    std::chrono::microseconds(int64_t{i} * 1'000'000 / rate));
      session.MustExecute(
          fmt::format("UPDATE bench.account SET state = state + 1 WHERE id = {}", 1 + i % 1000));
    }
  }

  static double BytesBelow(const std::filesystem::path& directory) {
    double bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
    }
    return bytes;
  }

  const uint64_t rows_;
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  SourceOptions options_;
};

double At(const std::vector<double>& sorted, double quantile) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(quantile * static_cast<double>(sorted.size())))];
}

void MeasureIngest(Bench& bench, Backlog backlog, int runs, const std::string& key,
                   Report& report) {
  for (int run = 0; run < runs; ++run) {
    const double raw = bench.RawRead(backlog);
    const double ingest = bench.Ingest(backlog, report, key);
    const auto rows = static_cast<double>(backlog.rows);
    const auto mib = static_cast<double>(backlog.bytes) / 1e6;
    report.Add(key, rows / ingest, "rows/s", rows / raw);
    report.Add(key + "_mb_s", mib / ingest, "MB/s", mib / raw);
    report.Add(key + "_ratio_to_raw", raw / ingest, "");
  }
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the feed beside the limits of the machine.");
  bool quick = false;
  std::string json;
  app.add_flag("--quick", quick, "smaller backlogs, one run: a minute");
  app.add_option("--json", json, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  const int runs = quick ? 1 : 3;
  Report report;
  Bench bench(quick ? 200'000 : 1'000'000);
  MeasureIngest(bench, bench.MakeBulk(), runs, "ingest_bulk", report);
  MeasureIngest(bench, bench.MakeSingle(quick ? 50'000 : 300'000), runs, "ingest_single_row_tx",
                report);
  for (const std::string durability : {"durable", "relaxed"}) {
    for (int run = 0; run < runs; ++run) {
      const auto latencies = bench.Latency(1000, quick ? 3 : 10, durability);
      report.Add("latency_" + durability + "_p50_us", At(latencies, 0.50), "us");
      report.Add("latency_" + durability + "_p99_us", At(latencies, 0.99), "us");
    }
  }
  report.Print();
  if (!json.empty()) report.Write(json);
  return 0;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) { return millrace::testing::Main(argc, argv); }
