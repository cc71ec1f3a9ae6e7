// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "bench/bench.h"
#include "bench/stream_drain.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

// Newest change that the log had when the server opened it, from the server's log messages.
uint64_t NewestAtStart(const FeedServer& feed) {
  static const std::string kMarker = " newest=";
  const std::string text = feed.LogText();
  const size_t at = text.rfind(kMarker);
  if (at == std::string::npos)
    Die(absl::InternalError("the server did not log the newest sequence"));
  return std::strtoull(text.c_str() + at + kMarker.size(), nullptr, 10);
}

// Kills the server in the middle of the backlog, with a subscriber. Measures from exec to the first
// new change at a subscriber: recovery of the log, connecting to the source, its search for our
// position in the binlog, and a commit.
void MeasureOnce(Bench& bench, Report& report) {
  const uint64_t half = bench.bulk().rows / 2;
  const auto feed = bench.source().StartAt(bench.bulk());
  {
    StreamDrain drain(feed->address(), 1);
    drain.Begin(0, half);
    drain.Wait();
    feed->Kill();
  }
  const auto begin = steady_clock::now();
  feed->Start();
  const double serving = duration<double>(steady_clock::now() - begin).count();
  const uint64_t newest = NewestAtStart(*feed);
  if (newest >= bench.bulk().rows) Die(absl::InternalError("the server was killed too late"));
  StreamDrain drain(feed->address(), 1);
  drain.Begin(newest, newest + 1);
  drain.Wait();
  report.Add("restart_to_first_change_s", duration<double>(steady_clock::now() - begin).count(),
             "s");
  report.Add("restart_to_serving_s", serving, "s");
}

}  // namespace

void MeasureRestart(Bench& bench, Report& report) {
  for (int run = 0; run < bench.load().runs; ++run) MeasureOnce(bench, report);
}

}  // namespace millrace::testing
