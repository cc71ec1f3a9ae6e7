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

// Newest change that was in the log when the server opened it, as it says in its own log.
uint64_t NewestAtStart(const FeedServer& feed) {
  static const std::string kMarker = " newest=";
  const std::string text = feed.LogText();
  const size_t at = text.rfind(kMarker);
  if (at == std::string::npos) Die(absl::InternalError("the server does not say what it opened"));
  return std::strtoull(text.c_str() + at + kMarker.size(), nullptr, 10);
}

// Killed in the middle of the backlog, with a subscriber. From exec to the first change that was
// not in the log before, at a subscriber: recovery of the log, connecting to the source, its search
// for our place in the binlog, a commit.
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
