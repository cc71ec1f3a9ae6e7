// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "bench/bench.h"
#include "bench/steady_writer.h"
#include "bench/tail_reader.h"

namespace millrace::testing {
namespace {

// The first transactions run with cold code and caches. The very first one also reads the details
// of the table from the source.
constexpr int kWarmUp = 200;

void MeasureSteady(Bench& bench, const std::string& durability, Report& report) {
  const int count = bench.load().rate * bench.load().latency_seconds;
  TailReader reader(bench.source(), durability);
  WriterTimes writer;
  std::thread thread([&] {
    WriteSteadily(bench.source().server(), bench.load().rate, kWarmUp);
    writer = WriteSteadily(bench.source().server(), bench.load().rate, count);
  });
  // The last batch of the warm-up may contain later transactions.
  const size_t ahead = reader.Read(kWarmUp).size() - kWarmUp;
  std::vector<double> latencies = reader.Read(static_cast<size_t>(count) - ahead);
  thread.join();
  std::sort(latencies.begin(), latencies.end());
  const std::string key = "latency_" + durability;
  report.Add(key + "_p50_us", Quantile(latencies, 0.50), "us", Quantile(writer.statements, 0.50));
  report.Add(key + "_p99_us", Quantile(latencies, 0.99), "us", Quantile(writer.statements, 0.99));
  report.Add(key + "_p999_us", Quantile(latencies, 0.999), "us",
             Quantile(writer.statements, 0.999));
  report.Add(key + "_writer_slip_p99_us", Quantile(writer.slips, 0.99), "us");
}

// Commits once after each silence.
void MeasureAfterIdle(Bench& bench, Report& report) {
  TailReader reader(bench.source(), "durable");
  WriteSteadily(bench.source().server(), bench.load().rate, kWarmUp);
  reader.Read(kWarmUp);
  std::vector<double> latencies;
  std::vector<double> statements;
  for (int i = 0; i < bench.load().idle_count; ++i) {
    std::this_thread::sleep_for(std::chrono::seconds(bench.load().idle_seconds));
    WriterTimes writer;
    std::thread thread([&] { writer = WriteSteadily(bench.source().server(), 1, 1); });
    latencies.push_back(reader.Read(1).front());
    thread.join();
    statements.push_back(writer.statements.front());
  }
  std::sort(latencies.begin(), latencies.end());
  std::sort(statements.begin(), statements.end());
  report.Add("latency_after_idle_p50_us", Quantile(latencies, 0.50), "us",
             Quantile(statements, 0.50));
  report.Add("latency_after_idle_p99_us", Quantile(latencies, 0.99), "us",
             Quantile(statements, 0.99));
}

}  // namespace

void MeasureLatency(Bench& bench, Report& report) {
  for (int run = 0; run < bench.load().runs; ++run) {
    for (const std::string durability : {"durable", "relaxed"}) {
      MeasureSteady(bench, durability, report);
    }
    MeasureAfterIdle(bench, report);
  }
}

}  // namespace millrace::testing
