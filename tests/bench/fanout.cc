// SPDX-License-Identifier: Apache-2.0

#include "bench/fanout.h"

#include <algorithm>
#include <string>

#include "bench/bench.h"
#include "bench/raw_stream.h"
#include "bench/stream_drain.h"
#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr int kSubscribers = 100;

// Number of changes that each stream reads, for a total of load().deliveries.
uint64_t Share(Bench& bench, int streams) {
  return std::min(bench.bulk().rows, bench.load().deliveries / static_cast<uint64_t>(streams));
}

double RateOf(const Drained& drained) {
  return static_cast<double>(drained.rows) / drained.seconds;
}

// All streams read the same backlog from its beginning, first from disk.
void MeasureFromDisk(Bench& bench, int streams, Report& report) {
  FeedServer& feed = bench.StartWithBulkOnDisk();
  const double raw = RawGrpcMegabytes(streams, bench.load().raw_bytes);
  StreamDrain drain(feed.address(), streams);
  const double cpu = CpuSeconds(feed.pid());
  drain.Begin(0, Share(bench, streams));
  const Drained drained = drain.Wait();
  const auto rows = static_cast<double>(drained.rows);
  const double limit = raw * 1e6 * rows / static_cast<double>(drained.bytes);
  report.Add(fmt::format("fanout_{}_deliveries_s", streams), RateOf(drained), "rows/s", limit);
  report.Add(fmt::format("raw_grpc_{}_mb_s", streams), raw, "MB/s");
  if (streams == kSubscribers) {
    report.Add("cpu_s_per_million_delivered", (CpuSeconds(feed.pid()) - cpu) * 1e6 / rows, "s");
  }
  feed.Stop();
}

}  // namespace

TailFanout DrainAtTail(Bench& bench, int streams) {
  TailFanout tail{.feed = bench.source().StartAt(bench.bulk())};
  StreamDrain drain(tail.feed->address(), streams);
  drain.Begin(0, Share(bench, streams));
  tail.deliveries_per_second = RateOf(drain.Wait());
  return tail;
}

void MeasureFanout(Bench& bench, Report& report) {
  for (int run = 0; run < bench.load().runs; ++run) {
    for (const int streams : {1, 10, kSubscribers, 1000}) MeasureFromDisk(bench, streams, report);
    for (const int streams : {1, 10, kSubscribers}) {
      report.Add(fmt::format("fanout_{}_tail_deliveries_s", streams),
                 DrainAtTail(bench, streams).deliveries_per_second, "rows/s");
    }
  }
}

}  // namespace millrace::testing
