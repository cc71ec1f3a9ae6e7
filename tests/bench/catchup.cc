// SPDX-License-Identifier: Apache-2.0

#include <chrono>

#include "base/error.h"
#include "bench/bench.h"
#include "bench/raw_stream.h"
#include "bench/stream_drain.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

// Streams bytes from a server that was just restarted.
void MeasureRaw(Bench& bench, Report& report) {
  FeedServer& feed = bench.StartWithBulkOnDisk();
  const double limit = RawGrpcMegabytes(1, bench.load().raw_bytes);
  const double cpu = CpuSeconds(feed.pid());
  StreamDrain drain(feed.address(), 1);
  drain.Begin(0, bench.bulk().rows);
  const Drained drained = drain.Wait();
  const auto rows = static_cast<double>(drained.rows);
  const double rate = static_cast<double>(drained.bytes) / 1e6 / drained.seconds;
  const double row_bytes = static_cast<double>(drained.bytes) / rows;
  report.Add("raw_grpc_mb_s", limit, "MB/s");
  report.Add("catchup_mb_s", rate, "MB/s", limit);
  report.Add("catchup_ratio_to_raw_grpc", rate / limit, "", 1);
  report.Add("catchup_rows_s", rows / drained.seconds, "rows/s", limit * 1e6 / row_bytes);
  report.Add("catchup_cpu_s_per_million", (CpuSeconds(feed.pid()) - cpu) * 1e6 / rows, "s");
  report.Add("row_wire_bytes", row_bytes, "B");
  feed.Stop();
}

// Reads through the client library, which parses every change and leaves rows packed in their Any.
void MeasureClient(Bench& bench, Report& report) {
  FeedServer& feed = bench.StartWithBulkOnDisk();
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  const auto begin = steady_clock::now();
  const auto subscription = feed.client().Subscribe({.request = request, .retry = {}});
  uint64_t rows = 0;
  while (rows < bench.bulk().rows) {
    const auto batch = Take(subscription->Next());
    for (const auto& transaction : batch->transactions()) {
      rows += static_cast<uint64_t>(transaction.changes_size());
    }
  }
  const double seconds = duration<double>(steady_clock::now() - begin).count();
  report.Add("catchup_client_rows_s", static_cast<double>(rows) / seconds, "rows/s");
  feed.Stop();
}

// Filters out all changes of a busy table: measures the server's cost of skipping them.
void MeasureFiltered(Bench& bench, Report& report) {
  FeedServer& feed = bench.StartWithBulkOnDisk();
  v1::GetPositionRequest position;
  position.set_at(v1::START_POINT_LATEST);
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  request.add_tables("bench.quiet*");
  request.set_until_token(Take(feed.client().GetPosition(position)).resume_token());
  const double cpu = CpuSeconds(feed.pid());
  const auto begin = steady_clock::now();
  const auto read = RawFeed(feed.address()).Read(request);
  const double seconds = duration<double>(steady_clock::now() - begin).count();
  if (!read.status.ok()) Die(absl::InternalError(read.status.error_message()));
  const auto rows = static_cast<double>(bench.bulk().rows);
  report.Add("filtered_skip_ns_per_row", seconds * 1e9 / rows, "ns");
  report.Add("filtered_skip_cpu_ns_per_row", (CpuSeconds(feed.pid()) - cpu) * 1e9 / rows, "ns");
  feed.Stop();
}

}  // namespace

void MeasureCatchup(Bench& bench, Report& report) {
  for (int run = 0; run < bench.load().runs; ++run) {
    MeasureRaw(bench, report);
    MeasureClient(bench, report);
    MeasureFiltered(bench, report);
  }
}

}  // namespace millrace::testing
