// SPDX-License-Identifier: Apache-2.0

#include <chrono>

#include "bench/bench.h"
#include "bench/fanout.h"
#include "bench/stream_drain.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr int kSubscribers = 100;

void MeasureSubscribers(Bench& bench, Report& report) {
  const auto feed = DrainAtTail(bench, kSubscribers).feed;
  WaitForRows(*feed, bench.bulk().rows);
  report.Add("rss_peak_mib", PeakRssMib(feed->pid()), "MiB");
}

// One subscriber reads the transaction, and sees nothing before the whole transaction is stored.
void MeasureBigTransaction(Bench& bench, const Backlog& backlog, Report& report) {
  const auto rows = static_cast<double>(backlog.rows);
  const double limit = rows / bench.source().Read(backlog).seconds;
  const auto begin = steady_clock::now();
  const auto feed = bench.source().StartAt(backlog);
  StreamDrain drain(feed->address(), 1);
  drain.Begin(0, backlog.rows);
  WaitForRows(*feed, backlog.rows);
  const double seconds = duration<double>(steady_clock::now() - begin).count();
  drain.Wait();
  report.Add("rss_big_transaction_mib", PeakRssMib(feed->pid()), "MiB");
  report.Add("ingest_big_transaction", rows / seconds, "rows/s", limit);
}

}  // namespace

void MeasureMemory(Bench& bench, Report& report) {
  for (int run = 0; run < bench.load().runs; ++run) MeasureSubscribers(bench, report);
  const Backlog big = bench.source().MakeBigTransaction(bench.load().big_rows);
  for (int run = 0; run < bench.load().runs; ++run) MeasureBigTransaction(bench, big, report);
}

}  // namespace millrace::testing
