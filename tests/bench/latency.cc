#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "bench/bench.h"
#include "bench/steady_writer.h"

namespace millrace::testing {
namespace {

// One subscriber at the newest change, through the client library, of a server that begins there.
class TailReader {
 public:
  TailReader(Bench& bench, const std::string& durability)
      : feed_(FeedServer::MustStart(bench.source().server(), {.tables = {"bench.*"},
                                                              .source = {},
                                                              .log = {"durability: " + durability},
                                                              .server = {}})) {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_LATEST);
    // Silence is to be silent.
    request.mutable_progress_interval()->set_seconds(600);
    subscription_ = feed_->client().Subscribe({.request = request, .retry = {}});
    Check(subscription_->Open());
  }

  // Of the next `count` transactions: microseconds from the commit, as the source's GTID event has
  // it, to when they are here. One clock: all run on one host.
  std::vector<double> Read(size_t count) {
    std::vector<double> latencies;
    while (latencies.size() < count) {
      const auto batch = Take(subscription_->Next());
      const auto now = Clock::System().WallMicros();
      for (const v1::Transaction& transaction : batch->transactions()) {
        const auto& time = transaction.commit_time();
        latencies.push_back(
            static_cast<double>(now - time.seconds() * 1'000'000 - time.nanos() / 1000));
      }
    }
    return latencies;
  }

 private:
  std::unique_ptr<FeedServer> feed_;
  std::unique_ptr<client::Subscription> subscription_;
};

// The first transactions meet cold code and caches everywhere, and the first of all a table whose
// details must be asked for.
constexpr int kWarmUp = 200;

void MeasureSteady(Bench& bench, const std::string& durability, Report& report) {
  const int count = bench.load().rate * bench.load().latency_seconds;
  TailReader reader(bench, durability);
  WriterTimes writer;
  std::thread thread([&] {
    WriteSteadily(bench.source().server(), bench.load().rate, kWarmUp);
    writer = WriteSteadily(bench.source().server(), bench.load().rate, count);
  });
  reader.Read(kWarmUp);
  std::vector<double> latencies = reader.Read(static_cast<size_t>(count));
  thread.join();
  std::sort(latencies.begin(), latencies.end());
  const std::string key = "latency_" + durability;
  report.Add(key + "_p50_us", At(latencies, 0.50), "us", At(writer.statements, 0.50));
  report.Add(key + "_p99_us", At(latencies, 0.99), "us", At(writer.statements, 0.99));
  report.Add(key + "_p999_us", At(latencies, 0.999), "us", At(writer.statements, 0.999));
  report.Add(key + "_writer_slip_p99_us", At(writer.slips, 0.99), "us");
}

// One commit after each silence.
void MeasureAfterIdle(Bench& bench, Report& report) {
  TailReader reader(bench, "durable");
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
  report.Add("latency_after_idle_p50_us", At(latencies, 0.50), "us", At(statements, 0.50));
  report.Add("latency_after_idle_p99_us", At(latencies, 0.99), "us", At(statements, 0.99));
}

}  // namespace

void MeasureLatency(Bench& bench, Report& report) {
  for (int run = 0; run < bench.load().runs; ++run) {
    for (const std::string durability : {"durable", "relaxed"}) {
      MeasureSteady(bench, durability, report);
    }
  }
  MeasureAfterIdle(bench, report);
}

}  // namespace millrace::testing
