// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <chrono>
#include <string>

#include "bench/bench.h"
#include "bench/raw_put.h"
#include "bench/stream_drain.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

struct Ingested {
  double rows = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  double rate() const { return rows / seconds; }
};

// Measures from the start of streaming until the backlog is in the log, as the server reports both.
Ingested AwaitIngested(FeedServer& feed, const Backlog& backlog) {
  const uint64_t had = NewestOf(feed);
  const double cpu = CpuSeconds(feed.pid());
  const auto begin = steady_clock::now();
  const uint64_t has = WaitForRows(feed, backlog.rows);
  return {.rows = static_cast<double>(has - std::min(had, has - 1)),
          .seconds = duration<double>(steady_clock::now() - begin).count(),
          .cpu_seconds = CpuSeconds(feed.pid()) - cpu};
}

// Returns the limit in rows per second. `suffix`: end of the keys of the other figures.
double MeasureBacklog(Bench& bench, const Backlog& backlog, const std::string& key,
                      const std::string& suffix, Report& report) {
  const BinlogRead raw = bench.source().Read(backlog);
  const auto raw_bytes = static_cast<double>(raw.bytes);
  const double raw_rate = static_cast<double>(backlog.rows) / raw.seconds;
  const auto feed = bench.source().StartAt(backlog);
  const Ingested ingested = AwaitIngested(*feed, backlog);
  report.Add("raw_binlog_rows_s" + suffix, raw_rate, "rows/s");
  report.Add(key, ingested.rate(), "rows/s", raw_rate);
  report.Add(key + "_mb_s", ingested.rate() * raw_bytes / 1e6 / static_cast<double>(backlog.rows),
             "MB/s", raw_bytes / 1e6 / raw.seconds);
  report.Add(key + "_ratio_to_raw", ingested.rate() / raw_rate, "", 1);
  report.Add("cpu_s_per_million_ingested" + suffix, ingested.cpu_seconds * 1e6 / ingested.rows,
             "s");
  report.Add("disk_ratio_to_binlog_at_once" + suffix, BytesOnDisk(*feed) / raw_bytes, "");
  report.Add("disk_ratio_to_binlog" + suffix, SettledBytesOnDisk(*feed) / raw_bytes, "");
  report.Add("raw_rocksdb_put_mb_s", RawPutMegabytes(*feed, bench.load().raw_bytes / 16), "MB/s");
  return raw_rate;
}

// Connects the subscriber before most of the backlog is ingested, and waits until it has
// everything.
void MeasureWithSubscriber(Bench& bench, double limit, Report& report) {
  const Backlog& backlog = bench.bulk();
  const auto feed = bench.source().StartAt(backlog);
  const uint64_t had = NewestOf(*feed);
  StreamDrain drain(feed->address(), 1);
  drain.Begin(0, backlog.rows);
  const Drained drained = drain.Wait();
  report.Add("ingest_with_subscriber",
             static_cast<double>(backlog.rows - std::min(had, backlog.rows - 1)) / drained.seconds,
             "rows/s", limit);
}

}  // namespace

void MeasureIngest(Bench& bench, Report& report) {
  // The second backlog does not exist while the first is measured; otherwise the server would read
  // it too.
  const Backlog& single = bench.single();
  for (int run = 0; run < bench.load().runs; ++run) {
    MeasureBacklog(bench, single, "ingest_single_row_tx", "_single_row_tx", report);
  }
  const Backlog& bulk = bench.bulk();
  for (int run = 0; run < bench.load().runs; ++run) {
    const double limit = MeasureBacklog(bench, bulk, "ingest_bulk", "", report);
    MeasureWithSubscriber(bench, limit, report);
  }
}

}  // namespace millrace::testing
