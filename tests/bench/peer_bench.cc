// SPDX-License-Identifier: Apache-2.0

// Compares Millrace with two other readers of a binlog: Debezium in its embedded engine, and
// go-mysql's canal. All of them read the same backlog, and follow the same rate of commits, in one
// run on one machine. peers/README.md describes what is counted and why it is fair.
//
// Prints a table; with --json FILE also writes {key: {median, min, max, unit, limit}}.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/backlog.h"
#include "bench/peers/child.h"
#include "bench/report.h"
#include "bench/steady_writer.h"
#include "bench/stream_drain.h"
#include "bench/tail_reader.h"
#include "fmt/format.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;
using Outcome = PeerChild::Outcome;

constexpr char kUser[] = "peer";
constexpr int kRate = 1000;  // commits per second
// Rate for the timeout of a peer: far below the rate of the slowest one.
constexpr uint64_t kRowsPerSecondMin = 3000;
constexpr absl::Duration kFinishTimeoutMin = absl::Seconds(60);
constexpr absl::Duration kIdleTimeout = absl::Seconds(30);

// The rows that a peer reads.
struct Task {
  SourcePosition from;
  uint64_t rows = 0;
  uint64_t skipped = 0;  // rows before the measurement starts
  bool latency = false;
};

// Options of the Java virtual machine, and settings of the connector.
struct DebeziumSettings {
  std::vector<std::string> java = {"-Xmx1g"};
  std::vector<std::string> connector = {"max.batch.size=4096", "max.queue.size=16384"};
};
// The smallest heap with the same speed.
const DebeziumSettings kSmallHeap = {.java = {"-Xmx256m", "-XX:+UseParallelGC"}};
// Passes on each record at once: the lowest latency.
const DebeziumSettings kEager = {.connector = {"max.batch.size=1", "poll.interval.ms=1"}};

// How the subscriber of Millrace processes responses.
enum class Reader {
  kCounts,  // counts each change in the encoded bytes, like the peers' consumers
  kParses,  // through the client library
};

// Size of the runs.
struct Plan {
  uint64_t bulk_rows;            // inserted, then updated
  uint64_t single_transactions;  // of one row
  uint64_t warm_up_seconds;      // of commits, before latency is measured
  uint64_t latency_seconds;
  int runs;
};
constexpr Plan kWhole = {.bulk_rows = 500'000,
                         .single_transactions = 300'000,
                         .warm_up_seconds = 5,
                         .latency_seconds = 10,
                         .runs = 3};
constexpr Plan kQuick = {.bulk_rows = 150'000,
                         .single_transactions = 30'000,
                         .warm_up_seconds = 3,
                         .latency_seconds = 3,
                         .runs = 1};

class PeerBench {
 public:
  explicit PeerBench(std::filesystem::path peers) : peers_(std::move(peers)) {
    // An empty password: sending one in clear or by a public key needs settings that differ from
    // client to client. The source listens only on loopback.
    source_.sql().MustExecute(fmt::format("CREATE USER {0}@'%' IDENTIFIED BY ''", kUser));
    source_.sql().MustExecute(
        fmt::format("GRANT SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, "
                    "LOCK TABLES ON *.* TO {0}@'%'",
                    kUser));
  }

  BacklogSource& source() { return source_; }
  const BacklogSource& source() const { return source_; }

  PeerChild Debezium(const Task& task, const DebeziumSettings& settings) const;
  PeerChild Canal(const Task& task) const;
  Outcome MillraceBacklog(const Backlog& backlog, Reader reader,
                          double* consumer_cpu_s_per_million) const;
  Outcome MillraceLatency(const Plan& plan) const;

  // Returns the task of a peer that starts now and follows WriteSteadily.
  Task LatencyTask(const Plan& plan) const {
    return {.from = source_.EndOfBinlog(),
            .rows = (plan.warm_up_seconds + plan.latency_seconds) * kRate,
            .skipped = plan.warm_up_seconds * kRate,
            .latency = true};
  }

 private:
  const std::filesystem::path peers_;
  BacklogSource source_;
};

PeerChild PeerBench::Debezium(const Task& task, const DebeziumSettings& settings) const {
  std::vector<std::string> arguments = settings.java;
  const std::vector<std::string> always = {
      "-Duser.timezone=UTC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
      fmt::format("{0}/debezium/classes:{0}/debezium/lib/*", peers_.string()), "Peer",
      // Settings of the class Peer.
      "peer.topic=mill.bench.account", fmt::format("peer.rows={}", task.rows),
      fmt::format("peer.skip={}", task.skipped), fmt::format("peer.latency={}", task.latency),
      fmt::format(R"(peer.offset={{"file":"{}","pos":{},"gtids":"{}"}})", task.from.file,
                  task.from.offset, task.from.gtids.ToString()),
      // Settings of the engine.
      "name=peer", "offset.storage=StartingOffset", "converter.schemas.enable=false",
      // Settings of the connector. `recovery` reads the table's definition from the source, where
      // it is the same as at the start of the backlog, and starts at the offset.
      "connector.class=io.debezium.connector.mysql.MySqlConnector", "topic.prefix=mill",
      "snapshot.mode=recovery", "snapshot.locking.mode=none",
      "schema.history.internal=io.debezium.relational.history.MemorySchemaHistory",
      "database.hostname=127.0.0.1", fmt::format("database.port={}", source_.server().port()),
      "database.server.id=4711", fmt::format("database.user={}", kUser),
      "database.password=", "database.ssl.mode=disabled", "table.include.list=bench.account",
      "extended.headers.enabled=false"};
  arguments.insert(arguments.end(), always.begin(), always.end());
  arguments.insert(arguments.end(), settings.connector.begin(), settings.connector.end());
  return PeerChild("debezium", "java", arguments);
}

PeerChild PeerBench::Canal(const Task& task) const {
  return PeerChild(
      "canal", peers_ / "canal",
      {fmt::format("-address=127.0.0.1:{}", source_.server().port()),
       fmt::format("-user={}", kUser), "-table=account",
       fmt::format("-gtids={}", task.from.gtids.ToString()), fmt::format("-rows={}", task.rows),
       fmt::format("-skip={}", task.skipped), fmt::format("-latency={}", task.latency)});
}

double OwnCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Rows that a subscriber received. Time starts with the first batch, as for the peers. Its rows do
// not count for the rate.
struct Received {
  uint64_t rows = 0;
  uint64_t first_rows = 0;
  double seconds = 0;  // since the first batch
};

Received CountChanges(const FeedServer& feed, uint64_t rows) {
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  StreamDrain drain(feed.address(), 1);
  drain.CountChanges();
  drain.Begin(request, rows);
  const Drained drained = drain.Wait();
  return {.rows = drained.changes,
          .first_rows = drained.first_changes,
          .seconds = drained.seconds_after_first};
}

Received ParseChanges(FeedServer& feed, uint64_t rows) {
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  const auto subscription = feed.client().Subscribe({.request = request, .retry = {}});
  Received received;
  steady_clock::time_point first;
  while (received.rows < rows) {
    const auto batch = Take(subscription->Next());
    if (!batch.has_value()) Die(absl::InternalError("the stream ended"));
    for (const v1::Transaction& transaction : batch->transactions()) {
      received.rows += static_cast<uint64_t>(transaction.changes_size());
    }
    if (received.first_rows != 0) continue;
    received.first_rows = received.rows;
    first = steady_clock::now();
  }
  received.seconds = duration<double>(steady_clock::now() - first).count();
  return received;
}

Outcome PeerBench::MillraceBacklog(const Backlog& backlog, Reader reader,
                                   double* consumer_cpu_s_per_million) const {
  const double own_cpu = OwnCpuSeconds();
  const auto begin = steady_clock::now();
  const auto feed = source_.StartAt(backlog);
  const Received received = reader == Reader::kCounts ? CountChanges(*feed, backlog.rows)
                                                      : ParseChanges(*feed, backlog.rows);
  const double seconds = duration<double>(steady_clock::now() - begin).count();
  // There may be more rows: the binlog continues after every backlog but the last.
  if (received.rows < backlog.rows) Die(absl::DataLossError("not every change was delivered"));
  const auto millions = static_cast<double>(received.rows) / 1e6;
  Outcome outcome;
  outcome.rows = received.rows;
  outcome.rows_s = static_cast<double>(received.rows - received.first_rows) / received.seconds;
  outcome.rows_s_from_start = static_cast<double>(received.rows) / seconds;
  outcome.cpu_s_per_million = CpuSeconds(feed->pid()) / millions;
  outcome.rss_mib = PeakRssMib(feed->pid());
  *consumer_cpu_s_per_million = (OwnCpuSeconds() - own_cpu) / millions;
  return outcome;
}

Outcome PeerBench::MillraceLatency(const Plan& plan) const {
  const Task task = LatencyTask(plan);
  TailReader reader(source_, "durable");
  std::thread writer(
      [this, &task] { WriteSteadily(source_.server(), kRate, static_cast<int>(task.rows)); });
  const size_t before = reader.Read(task.skipped).size();
  std::vector<double> ages = reader.Read(task.rows - before);
  writer.join();
  std::sort(ages.begin(), ages.end());
  Outcome outcome;
  outcome.rows = ages.size();
  outcome.rss_mib = PeakRssMib(reader.feed().pid());
  outcome.p50_us = Quantile(ages, 0.50);
  outcome.p99_us = Quantile(ages, 0.99);
  return outcome;
}

// `kind`: "" or "single_row_tx_", part of the keys.
void ReportBacklog(Report& report, const std::string& peer, const std::string& kind,
                   const Outcome& outcome) {
  const std::string key = fmt::format("peer_{}_{}", peer, kind);
  report.Add(key + "rows_s", outcome.rows_s, "rows/s");
  report.Add(key + "rows_s_from_start", outcome.rows_s_from_start, "rows/s");
  report.Add(key + "cpu_s_per_million", outcome.cpu_s_per_million, "s");
  report.Add(key + "rss_mib", outcome.rss_mib, "MiB");
}

void MeasureBacklog(const PeerBench& bench, const Backlog& backlog, const std::string& kind,
                    Report& report) {
  const Task task = {.from = backlog.from, .rows = backlog.rows};
  const absl::Duration timeout =
      kFinishTimeoutMin + absl::Seconds(static_cast<int64_t>(backlog.rows / kRowsPerSecondMin));
  std::vector<std::pair<std::string, Outcome>> peers;
  peers.emplace_back("debezium", bench.Debezium(task, {}).Finish(timeout));
  if (kind.empty()) {
    peers.emplace_back("debezium_small", bench.Debezium(task, kSmallHeap).Finish(timeout));
  }
  peers.emplace_back("canal", bench.Canal(task).Finish(timeout));
  const auto measure = [&](Reader reader, const std::string& name) {
    double consumer_cpu = 0;
    const Outcome outcome = bench.MillraceBacklog(backlog, reader, &consumer_cpu);
    ReportBacklog(report, name, kind, outcome);
    report.Add(fmt::format("peer_{}_{}consumer_cpu_s_per_million", name, kind), consumer_cpu, "s");
    return outcome;
  };
  const Outcome millrace = measure(Reader::kCounts, "millrace");
  const Outcome parsed = measure(Reader::kParses, "millrace_parsed");
  for (const auto& [name, peer] : peers) {
    ReportBacklog(report, name, kind, peer);
    const std::string key = fmt::format("peer_{}_{}", name, kind);
    report.Add(key + "rows_ratio", millrace.rows_s / peer.rows_s, "");
    report.Add(key + "rows_ratio_from_start", millrace.rows_s_from_start / peer.rows_s_from_start,
               "");
    report.Add(key + "parsed_rows_ratio", parsed.rows_s / peer.rows_s, "");
    report.Add(key + "rss_ratio", peer.rss_mib / millrace.rss_mib, "");
  }
}

Outcome Follow(const PeerBench& bench, const Plan& plan, PeerChild peer) {
  peer.WaitUntilStreaming();
  WriteSteadily(bench.source().server(), kRate, static_cast<int>(bench.LatencyTask(plan).rows));
  return peer.Finish(kIdleTimeout);
}

void MeasureLatency(const PeerBench& bench, const Plan& plan, Report& report) {
  const Outcome millrace = bench.MillraceLatency(plan);
  report.Add("peer_millrace_latency_p50_us", millrace.p50_us, "us");
  report.Add("peer_millrace_latency_p99_us", millrace.p99_us, "us");
  const auto add = [&](const std::string& peer, const Outcome& outcome) {
    report.Add(fmt::format("peer_{}_latency_p50_us", peer), outcome.p50_us, "us");
    report.Add(fmt::format("peer_{}_latency_p99_us", peer), outcome.p99_us, "us");
    report.Add(fmt::format("peer_{}_p99_ratio", peer), outcome.p99_us / millrace.p99_us, "");
  };
  const auto task = [&] { return bench.LatencyTask(plan); };
  add("debezium", Follow(bench, plan, bench.Debezium(task(), {})));
  add("debezium_eager", Follow(bench, plan, bench.Debezium(task(), kEager)));
  add("canal", Follow(bench, plan, bench.Canal(task())));
}

int Main(int argc, char** argv) {
  CLI::App app("Compares Millrace with other readers of a binlog.");
  bool quick = false;
  int runs = 0;
  std::string peers, json;
  app.add_flag("--quick", quick, "smaller backlogs, one run: two minutes");
  app.add_option("--runs", runs, "runs of each; three minutes per run");
  app.add_option("--peers", peers, "directory that peers/build made")->required();
  app.add_option("--json", json, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  Plan plan = quick ? kQuick : kWhole;
  if (runs > 0) plan.runs = runs;
  Report report;
  PeerBench bench(peers);
  const Backlog bulk = bench.source().MakeBulk(plan.bulk_rows);
  const Backlog single = bench.source().MakeSingle(plan.single_transactions);
  for (int run = 0; run < plan.runs; ++run) {
    MeasureBacklog(bench, bulk, "", report);
    MeasureBacklog(bench, single, "single_row_tx_", report);
    MeasureLatency(bench, plan, report);
  }
  report.Print();
  if (!json.empty()) report.Write(json);
  return 0;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) { return millrace::testing::Main(argc, argv); }
