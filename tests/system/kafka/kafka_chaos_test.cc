// SPDX-License-Identifier: Apache-2.0

// Kills and halts mirror and broker at random moments under load. A consumer of committed records
// must see each change once, in order, and end with the rows of the source.
//
// MILLRACE_KAFKA_ROUNDS: faults for each format (4). MILLRACE_KAFKA_SEED: repeats a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <set>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "support/kafka_broker.h"
#include "support/kafka_reader.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/kafka/kafka_fixture.h"
#include "system/kafka/kafka_ledger.h"
#include "system/kafka/kafka_rows.h"
#include "system/snapshot_load.h"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;

// After this many faults the test verifies the topics and starts new ones, so that a long run needs
// no more memory than a short one.
constexpr int kRoundsPerRun = 10;
// Far more than needed; a broker restart takes about four seconds.
constexpr absl::Duration kRecoveryMax = absl::Seconds(40);
constexpr absl::Duration kReadMax = absl::Minutes(5);

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

enum class Fault { kMirror, kBroker, kBoth, kMirrorTwice, kBrokerHalts, kMirrorHalts };
constexpr int kFaults = 6;
constexpr const char* kFaultNames[kFaults] = {"mirror killed", "broker killed",
                                              "both killed",   "mirror killed twice",
                                              "broker halted", "mirror halted"};

// Tables with numeric, case-insensitive, binary, composite and no keys.
std::vector<SnapshotTableSpec> Tables() {
  std::vector<SnapshotTableSpec> tables = {KeylessTable()};
  for (const char* name : {"int_auto", "pair", "name_ci", "bytes", "uuid_text", "unique_only"}) {
    tables.push_back(KeyedTable(Flavour::kMysql, name));
  }
  return tables;
}

class KafkaChaosTest : public ::testing::Test {
 protected:
  KafkaChaosTest()
      : source_(SourceServer::MustStart(
            {.options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"}})),
        sql_(WritingSession(*source_)),
        broker_(KafkaBroker::MustStart()),
        seed_(FromEnvironment("MILLRACE_KAFKA_SEED", std::random_device()())),
        random_(seed_) {}

  // Runs all rounds, in runs of kRoundsPerRun with new topics.
  void RunAll(const std::string& format) {
    const auto rounds = static_cast<int>(FromEnvironment("MILLRACE_KAFKA_ROUNDS", 4));
    std::cout << fmt::format("{} MILLRACE_KAFKA_SEED={}", format, seed_) << std::endl;
    for (int done = 0; done < rounds && !HasFailure(); done += kRoundsPerRun) {
      Run(format, fmt::format("chaos{}", done), std::min(kRoundsPerRun, rounds - done));
    }
    for (const auto& [name, slowest] : slowest_) {
      std::cout << fmt::format("{}: recovered within {:.1f} s", name, slowest) << std::endl;
    }
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  void Wait(int millis_max) {
    absl::SleepFor(absl::Milliseconds(Below(static_cast<uint64_t>(millis_max))));
  }

  FeedServerOptions OptionsOf(const std::string& format, const std::string& prefix) {
    return {.kafka = MirrorLines(*broker_, prefix,
                                 {"format: " + format, "topics: {partitions: 2}",
                                  fmt::format("transaction: {{records_max: {}}}", 50 + Below(500)),
                                  "client: {reconnect.backoff.max.ms: 200}", kDebeziumLines})};
  }

  void Run(const std::string& format, const std::string& prefix, int rounds) {
    sql_.MustExecute("DROP DATABASE IF EXISTS shop");
    for (const SnapshotTableSpec& table : Tables()) FillTable(sql_, table, 0);
    feed_ = FeedServer::MustStart(*source_, OptionsOf(format, prefix));
    SnapshotLoad load(*source_, {.tables = Tables(),
                                 .numbers = 300,
                                 .seed = random_() % 1'000'000,
                                 .sessions = 2,
                                 .pause = std::chrono::milliseconds(8)});
    for (int round = 0; round < rounds && !HasFailure(); ++round) {
      Wait(700);
      Inject(static_cast<Fault>(Below(kFaults)));
    }
    load.Stop();
    ChangeReader reader(*feed_);
    reader.CurrentToken(sql_);
    AwaitMirror("the end");
    Verify(prefix, format == "protobuf" ? ProtobufRecords(reader) : DebeziumRecords());
    EXPECT_EQ(feed_->Stop(), 0);
  }

  void Inject(Fault fault) {
    const char* const name = kFaultNames[static_cast<int>(fault)];
    SCOPED_TRACE(name);
    const bool mirror_dies =
        fault == Fault::kMirror || fault == Fault::kBoth || fault == Fault::kMirrorTwice;
    const bool broker_dies = fault == Fault::kBroker || fault == Fault::kBoth;
    if (broker_dies) broker_->Kill();
    if (mirror_dies) feed_->Kill();
    if (fault == Fault::kBrokerHalts) broker_->Pause();
    if (fault == Fault::kMirrorHalts) ::kill(feed_->pid(), SIGSTOP);
    Wait(1500);
    if (fault == Fault::kBrokerHalts) broker_->Resume();
    if (fault == Fault::kMirrorHalts) ::kill(feed_->pid(), SIGCONT);
    const absl::Status restarted = broker_dies ? broker_->Restart() : absl::OkStatus();
    ASSERT_TRUE(restarted.ok()) << restarted;
    if (mirror_dies) feed_->Start();
    if (fault == Fault::kMirrorTwice) {
      Wait(400);
      feed_->Kill();
      feed_->Start();
    }
    AwaitMirror(name);
  }

  v1::GetStatusResponse Status() {
    const auto status = feed_->client().GetStatus({});
    EXPECT_TRUE(status.ok()) << status.status();
    return status.value_or(v1::GetStatusResponse());
  }

  // Waits until everything that is in the log now is in Kafka.
  void AwaitMirror(const std::string& after) {
    const absl::Time begin = absl::Now();
    // A server that was killed soon after its start may not have its first change yet.
    uint64_t newest = 0;
    for (auto status = Status(); newest == 0 || status.mirror().sequence() < newest;) {
      ASSERT_LT(absl::Now() - begin, kRecoveryMax) << status.mirror().ShortDebugString();
      absl::SleepFor(absl::Milliseconds(10));
      status = Status();
      if (newest == 0) newest = status.log().newest_sequence();
    }
    double& slowest = slowest_[after];
    slowest = std::max(slowest, absl::ToDoubleSeconds(absl::Now() - begin));
  }

  // What a consumer knows after reading all topics to the end.
  struct ConsumerState {
    KafkaLedger ledger;
    std::map<std::string, KafkaRows> tables;  // by topic
  };
  ConsumerState ReadTopics(const std::string& prefix, const RecordReader& reader) {
    ConsumerState consumer;
    for (const SnapshotTableSpec& table : Tables()) {
      consumer.tables.try_emplace(prefix + "." + table.FullName(), table, reader);
    }
    const absl::Status read = KafkaReader(broker_->bootstrap())
                                  .Visit(
                                      TopicsOfMirror(broker_->bootstrap(), prefix),
                                      [&consumer](const KafkaRecord& record) {
                                        consumer.ledger.Add(record);
                                        const auto table = consumer.tables.find(record.topic);
                                        if (table != consumer.tables.end())
                                          table->second.Add(record);
                                      },
                                      kReadMax);
    EXPECT_TRUE(read.ok()) << read;
    return consumer;
  }

  void Verify(const std::string& prefix, const RecordReader& reader) {
    const uint64_t newest = Status().log().newest_sequence();
    ConsumerState consumer = ReadTopics(prefix, reader);
    // A broker confirms a commit before readers can see all of it.
    for (int i = 0; i < 5 && !consumer.ledger.Violations(newest).empty(); ++i) {
      absl::SleepFor(absl::Milliseconds(200));
      consumer = ReadTopics(prefix, reader);
    }
    EXPECT_THAT(consumer.ledger.Violations(newest), IsEmpty());
    for (const auto& [topic, rows] : consumer.tables) {
      EXPECT_THAT(rows.Differences(sql_), IsEmpty());
    }
    std::cout << fmt::format("{}: {} changes, {} records", prefix, newest,
                             consumer.ledger.records())
              << std::endl;
  }

  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  std::unique_ptr<KafkaBroker> broker_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  std::unique_ptr<FeedServer> feed_;
  std::map<std::string, double> slowest_;
};

TEST_F(KafkaChaosTest, ProtobufHasEachChangeOnceInOrder) { RunAll("protobuf"); }

TEST_F(KafkaChaosTest, DebeziumJsonHasEachChangeOnceInOrder) { RunAll("debezium-json"); }

}  // namespace
}  // namespace millrace::testing
