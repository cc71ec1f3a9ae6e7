// SPDX-License-Identifier: Apache-2.0

// Compares the mirror with the limit of the machine, in one run: the rate at which a backlog in
// the log is written to a real broker. The limit is a bare librdkafka producer. It writes records
// of the same sizes in equally large transactions, has several requests in flight, and encodes
// nothing.
//
// Prints a table; with --json FILE also writes {key: {median, min, max, unit, limit}}.

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/error.h"
#include "bench/report.h"
#include "fmt/format.h"
#include "kafka/client_settings.h"
#include "kafka/handles.h"
#include "support/kafka_admin.h"
#include "support/kafka_broker.h"
#include "support/kafka_reader.h"
#include "support/source_server.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr size_t kSamples = 2000;
constexpr int kMillisMax = 60'000;

[[noreturn]] void Die(const absl::Status& status) {
  std::cerr << "kafka_bench: " << status << std::endl;
  std::exit(1);
}
void Check(const absl::Status& status) {
  if (!status.ok()) Die(status);
}
template <typename T>
T Take(absl::StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

struct Variant {
  std::string name;   // also the prefix of its topics
  std::string key;    // of its figures
  std::string lines;  // of the configuration
};

const std::vector<Variant>& Variants() {
  static const auto& variants = *new std::vector<Variant>{
      {"json", "kafka", "format: debezium-json\n  debezium: {schemas_enable: false}"},
      {"schemas", "kafka_schemas", "format: debezium-json"},
      {"protobuf", "kafka_protobuf", "format: protobuf"}};
  return variants;
}

// Key and value of a record. Headers count as part of the value.
struct Sample {
  std::string key;
  std::string value;
};

// A producer that only writes.
class BareProducer {
 public:
  BareProducer(const std::string& bootstrap, const std::string& topic) {
    options_.brokers = bootstrap;
    options_.topic_prefix = topic;
    Check(KafkaAdmin(bootstrap).CreateTopic({.name = topic}));
    auto conf = Take(kafka::MakeClientConf(options_, kafka::ClientRole::kProducer));
    // librdkafka's default. The mirror has one request in flight, so that it loses nothing.
    rd_kafka_conf_set(conf.get(), "max.in.flight", "5", nullptr, 0);
    client_ = Take(kafka::MakeClient(std::move(conf), kafka::ClientRole::kProducer));
    topic_.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
    Check(KafkaStatus(rd_kafka_init_transactions(client_.get(), kMillisMax), "init"));
  }

  void Write(const std::vector<Sample>& samples, uint64_t records) {
    for (uint64_t i = 0; i < records; ++i) {
      const bool is_first = i % options_.transaction.records_max == 0;
      if (is_first && i > 0) Commit();
      if (is_first) Check(KafkaStatus(rd_kafka_begin_transaction(client_.get()), "begin"));
      Produce(samples[i % samples.size()]);
    }
    Commit();
  }

 private:
  void Produce(const Sample& sample) {
    while (rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            const_cast<char*>(sample.value.data()), sample.value.size(),
                            sample.key.data(), sample.key.size(), nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        Die(KafkaStatus(rd_kafka_last_error(), "produce"));
      }
      rd_kafka_poll(client_.get(), 1);
    }
  }
  void Commit() {
    Check(KafkaStatus(rd_kafka_commit_transaction(client_.get(), kMillisMax), "commit"));
  }

  KafkaOptions options_;
  kafka::ClientHandle client_;
  kafka::TopicHandle topic_;
};

class Bench {
 public:
  explicit Bench(uint64_t rows)
      : rows_(rows),
        source_(SourceServer::MustStart(
            {.options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0",
                         "--innodb-buffer-pool-size=1G"}})),
        sql_(source_->MustConnect()),
        broker_(KafkaBroker::MustStart()) {
    sql_.MustExecute("CREATE DATABASE bench");
    before_ = sql_.MustQueryValue("SELECT @@gtid_executed");
    Fill();
  }

  void Measure(const Variant& variant, int runs, Report& report) {
    const auto feed = StartMirror(variant);
    const std::vector<Sample> samples = SamplesOf(variant);
    for (int run = 0; run < runs; ++run) {
      const double limit = MeasureLimit(variant, samples, run, report);
      const double rate = MeasureMirror(*feed, variant, report);
      report.Add(variant.key + "_records_s", rate, "records/s", limit);
      report.Add(variant.key + "_ratio_to_limit", rate / limit, "");
    }
    report.Add(variant.key + "_rss_peak_mib", PeakRssMib(feed->pid()), "MiB");
    report.Add(variant.key + "_record_bytes", BytesOf(samples), "B");
    feed->Stop();
  }

 private:
  // Rows of about 200 bytes.
  void Fill() {
    sql_.MustExecute(
        "CREATE TABLE bench.account (id BIGINT PRIMARY KEY AUTO_INCREMENT, owner VARCHAR(64), "
        "email VARCHAR(64), balance DECIMAL(12,2), opened DATETIME(3), changed TIMESTAMP(6), "
        "state INT, flags BIGINT UNSIGNED, note VARCHAR(200)) CHARACTER SET utf8mb4");
    sql_.MustExecute(
        "INSERT INTO bench.account (owner, email, balance, opened, changed, state, flags, note) "
        "VALUES ('owner number 17', 'user17@mail.example', 17.17, '2026-01-01 10:00:00.123', "
        "'2026-01-02 11:00:00.123456', 17, 17000051, 'a note of a few words, nearly the same for "
        "all of the rows there are, so that a row has some two hundred')");
    for (uint64_t have = 1; have < rows_; have = std::min(rows_, 2 * have)) {
      sql_.MustExecute(fmt::format(
          "INSERT INTO bench.account (owner, email, balance, opened, changed, state, flags, note) "
          "SELECT owner, email, balance + id, opened, changed, state + id, flags + id, note FROM "
          "bench.account LIMIT {}",
          std::min(have, rows_ - have)));
    }
  }

  // Returns when the log and Kafka have everything.
  std::unique_ptr<FeedServer> StartMirror(const Variant& variant) {
    auto feed = FeedServer::MustStart(
        *source_, {.tables = {"bench.*"},
                   .source = {fmt::format("start: {{at: gtid_set, gtid_set: '{}'}}", before_)},
                   .kafka = {"enabled: true", "brokers: " + broker_->bootstrap(),
                             "topic_prefix: " + variant.name, variant.lines}});
    // The table's CREATE is a change too.
    while (Status(*feed).log().newest_sequence() < rows_ + 1) WaitForNextPoll();
    AwaitMirror(*feed);
    return feed;
  }

  // Returns records per second from the beginning of the log to its end.
  double MeasureMirror(FeedServer& feed, const Variant& variant, Report& report) {
    Check(feed.client().PauseMirror({}).status());
    v1::RewindMirrorRequest request;
    request.set_resume_token(Status(feed).log().oldest_token());
    Check(feed.client().RewindMirror(request).status());
    const double cpu = CpuSeconds(feed.pid());
    const auto begin = steady_clock::now();
    Check(feed.client().ResumeMirror({}).status());
    AwaitMirror(feed);
    const double rate = RateSince(begin);
    report.Add(variant.key + "_cpu_s_per_million", PerMillion(CpuSeconds(feed.pid()) - cpu), "s");
    return rate;
  }

  double MeasureLimit(const Variant& variant, const std::vector<Sample>& samples, int run,
                      Report& report) {
    BareProducer producer(broker_->bootstrap(), fmt::format("limit-{}-{}", variant.name, run));
    const double cpu = CpuSeconds(getpid());
    const auto begin = steady_clock::now();
    producer.Write(samples, rows_);
    const double rate = RateSince(begin);
    report.Add(variant.key + "_limit_cpu_s_per_million", PerMillion(CpuSeconds(getpid()) - cpu),
               "s");
    return rate;
  }

  std::vector<Sample> SamplesOf(const Variant& variant) {
    std::vector<Sample> samples;
    uint64_t records = 0;
    Check(KafkaReader(broker_->bootstrap())
              .Visit(
                  {variant.name + ".bench.account"},
                  [&](const KafkaRecord& record) {
                    ++records;
                    if (samples.size() >= kSamples || !record.key.has_value()) return;
                    samples.push_back({*record.key, record.value.value_or("")});
                    for (const auto& [name, value] : record.headers) {
                      samples.back().value += name + value.value_or("");
                    }
                  },
                  absl::Minutes(5)));
    if (records < rows_) Die(absl::InternalError(fmt::format("only {} records", records)));
    return samples;
  }

  static v1::GetStatusResponse Status(FeedServer& feed) {
    return Take(feed.client().GetStatus({}));
  }
  static void AwaitMirror(FeedServer& feed) {
    while (true) {
      const auto status = Status(feed);
      if (status.mirror().state() == v1::MirrorStatus::STATE_PARKED) {
        Die(absl::InternalError(status.mirror().error()));
      }
      if (status.mirror().sequence() == status.log().newest_sequence()) return;
      WaitForNextPoll();
    }
  }
  // GetStatus costs the server time too: it reads a frame to compute the lag.
  static void WaitForNextPoll() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

  double RateSince(steady_clock::time_point begin) const {
    return static_cast<double>(rows_) / duration<double>(steady_clock::now() - begin).count();
  }
  double PerMillion(double seconds) const { return seconds * 1e6 / static_cast<double>(rows_); }
  static double BytesOf(const std::vector<Sample>& samples) {
    double bytes = 0;
    for (const Sample& sample : samples) {
      bytes += static_cast<double>(sample.key.size() + sample.value.size());
    }
    return bytes / static_cast<double>(samples.size());
  }

  const uint64_t rows_;
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  std::unique_ptr<KafkaBroker> broker_;
  std::string before_;
};

int Main(int argc, char** argv) {
  CLI::App app("Compares the mirror to Kafka with the limit of the machine.");
  bool quick = false;
  std::string json;
  std::string only;
  app.add_flag("--quick", quick, "a smaller backlog, one run");
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option("--only", only, "only json, schemas or protobuf");
  CLI11_PARSE(app, argc, argv);
  Report report;
  Bench bench(quick ? 200'000 : 1'000'000);
  for (const Variant& variant : Variants()) {
    if (only.empty() || only == variant.name) bench.Measure(variant, quick ? 1 : 3, report);
  }
  report.Print();
  if (!json.empty()) report.Write(json);
  return 0;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) { return millrace::testing::Main(argc, argv); }
