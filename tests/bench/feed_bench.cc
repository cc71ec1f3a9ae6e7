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
#include "base/clock.h"
#include "bench/backlog.h"
#include "bench/report.h"
#include "fmt/format.h"
#include "integration/feed_server.h"
#include "support/source_server.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

class Bench {
 public:
  BacklogSource& source() { return source_; }

  // A fresh millraced reads it into a fresh log: seconds from its first connection on.
  double Ingest(const Backlog& backlog, double bytes, Report& report, const std::string& key) {
    const auto feed = FeedServer::MustStart(
        source_.server(), {.tables = {"bench.*"},
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
    report.Add(key + "_disk_ratio_to_binlog", BytesBelow(feed->data_directory()) / bytes, "");
    return seconds;
  }

  // Commits at a steady rate, measures until a subscriber has each: microseconds.
  std::vector<double> Latency(int rate, int seconds, const std::string& durability) {
    const auto feed = FeedServer::MustStart(
        source_.server(),
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
  void WriteSteadily(int rate, int count) {
    SqlSession session = source_.server().MustConnect();
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

  BacklogSource source_;
};

double At(const std::vector<double>& sorted, double quantile) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(quantile * static_cast<double>(sorted.size())))];
}

void MeasureIngest(Bench& bench, Backlog backlog, int runs, const std::string& key,
                   Report& report) {
  for (int run = 0; run < runs; ++run) {
    const RawRead read = bench.source().Read(backlog);
    const double raw = read.seconds;
    const double ingest = bench.Ingest(backlog, static_cast<double>(read.bytes), report, key);
    const auto rows = static_cast<double>(backlog.rows);
    const auto mib = static_cast<double>(read.bytes) / 1e6;
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
  Bench bench;
  MeasureIngest(bench, bench.source().MakeBulk(quick ? 200'000 : 1'000'000), runs, "ingest_bulk",
                report);
  MeasureIngest(bench, bench.source().MakeSingle(quick ? 50'000 : 300'000), runs,
                "ingest_single_row_tx", report);
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
