// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "feed/filled_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kafka/kafka_sink.h"
#include "kafka/position_topic.h"
#include "mirror/mirror.h"
#include "support/kafka_admin.h"
#include "support/kafka_broker.h"
#include "support/kafka_producer.h"
#include "support/kafka_reader.h"

namespace millrace::kafka {

using feed::FilledLog;
using feed::KnownChange;
using millrace::testing::KafkaAdmin;
using millrace::testing::KafkaBroker;
using millrace::testing::KafkaProducer;
using millrace::testing::KafkaReader;
using millrace::testing::KafkaRecord;
using mirror::Mirror;
using mirror::MirrorState;
using mirror::MirrorStatus;

// A format whose records are the log's changes; a tombstone follows each DELETE.
class PlainEncoder final : public ChangeEncoder {
 public:
  // `after_first_record`, if any, is called once for each encoder, before its second change.
  PlainEncoder(const EncoderParts& parts, std::function<void()> after_first_record)
      : routes_(parts.routes), after_first_record_(std::move(after_first_record)) {}

  absl::Status Encode(const ChangeView& change, RecordSink& sink) override {
    if (first_record_sent_ && after_first_record_ != nullptr)
      std::exchange(after_first_record_, nullptr)();
    first_record_sent_ = true;
    MILLRACE_ASSIGN_OR_RETURN(
        const std::string topic,
        routes_.TopicOf({std::string(change.database), std::string(change.table)}));
    RecordView record;
    record.topic = topic;
    record.key = change.table;
    record.value = change.bytes;
    MILLRACE_RETURN_IF_ERROR(sink.Add(record));
    if (change.operation != v1::OPERATION_DELETE) return absl::OkStatus();
    record.value.reset();
    return sink.Add(record);
  }
  absl::Status Heartbeat(Micros now, RecordSink& sink) override {
    RecordView record;
    record.topic = "heartbeats";
    record.value = "alive";
    return sink.Add(record);
  }

 private:
  const Routes& routes_;
  std::function<void()> after_first_record_;
  bool first_record_sent_ = false;
};

// A log, a broker shared by all tests, and mirrors that copy the log to the broker. Each test has
// its own topics.
class MirrorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Check often for transactions that timed out.
    shared_broker_ = KafkaBroker::MustStart(
        {.settings = {"transaction.abort.timed.out.transaction.cleanup.interval.ms=200"}});
  }
  static void TearDownTestSuite() { shared_broker_.reset(); }

  MirrorTest() {
    options_.enabled = true;
    options_.brokers = broker().bootstrap();
    options_.topic_prefix = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    // Reconnect fast in tests that restart the broker.
    options_.client = {{"reconnect.backoff.max.ms", "200"}};
  }

  static KafkaBroker& broker() { return *shared_broker_; }

  absl::StatusOr<std::unique_ptr<Mirror>> MakeMirror(FilledLog& log) {
    MILLRACE_ASSIGN_OR_RETURN(
        std::unique_ptr<mirror::Sink> sink,
        KafkaSink::Make({.options = options_,
                         .feed = log.feed(),
                         .registry = log.registry(),
                         .make_encoder = [this](const EncoderParts& parts)
                             -> absl::StatusOr<std::unique_ptr<ChangeEncoder>> {
                           return std::make_unique<PlainEncoder>(parts, after_first_record_);
                         },
                         .clock = Clock::System()}));
    return std::make_unique<Mirror>(Mirror::Parts{.options = MirrorOptionsOf(options_),
                                                  .feed = log.feed(),
                                                  .sink = std::move(sink),
                                                  .clock = Clock::System()});
  }
  std::unique_ptr<Mirror> StartMirror(FilledLog& log) {
    auto mirror = MakeMirror(log);
    MILLRACE_CHECK(mirror.ok());
    (*mirror)->Start();
    return *std::move(mirror);
  }
  std::unique_ptr<Mirror> StartMirror() { return StartMirror(log_); }

  // Polls `holds` until it is true. Returns false after half a minute.
  static bool Eventually(const std::function<bool()>& holds) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!holds()) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return true;
  }
  static bool Reaches(const Mirror& mirror, uint64_t sequence) {
    return Eventually(
        [&] { return mirror.Status().sequence.value_or(Sequence{0}).value >= sequence; });
  }
  static bool Reaches(const Mirror& mirror, MirrorState state) {
    return Eventually([&] { return mirror.Status().state == state; });
  }
  // Waits until the mirror parks and returns the reason.
  static std::string ParkedReason(const Mirror& mirror) {
    if (Reaches(mirror, MirrorState::kParked)) return mirror.Status().error_reason;
    return "not parked: " + mirror.Status().error;
  }
  static absl::Status Rewind(Mirror& mirror, const Token& token) {
    absl::Notification done;
    absl::Status result;
    mirror.Rewind(token, [&](absl::Status status) {
      result = std::move(status);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  static absl::Status RewindAfter(Mirror& mirror, FilledLog& log, uint64_t sequence) {
    return Rewind(mirror, feed::TokenAfter(log.feed(), {sequence}).value());
  }

  std::string TopicOf(const std::string& table) const {
    return options_.topic_prefix + ".shop." + table;
  }
  static std::string Header(const KafkaRecord& record, std::string_view name) {
    for (const auto& [key, value] : record.headers) {
      if (key == name) return value.value_or("");
    }
    return "";
  }
  static uint64_t SequenceOf(const KafkaRecord& record) {
    return std::stoull(Header(record, "millrace.sequence"));
  }
  // The committed records of the tables, topic by topic, in order. Readers see records shortly
  // after the broker has confirmed their commit, so this waits until there are `records_min`.
  std::vector<KafkaRecord> Records(size_t records_min,
                                   const std::vector<std::string>& tables = {"orders"}) {
    std::vector<std::string> topics;
    for (const std::string& table : tables) topics.push_back(TopicOf(table));
    KafkaReader reader(options_.brokers);
    auto records = reader.ReadAtLeast(topics, records_min);
    return records.ok() ? *std::move(records) : reader.MustReadAll(topics);
  }
  std::vector<uint64_t> Sequences(size_t records_min,
                                  const std::vector<std::string>& tables = {"orders"}) {
    std::vector<uint64_t> sequences;
    for (const KafkaRecord& record : Records(records_min, tables)) {
      sequences.push_back(SequenceOf(record));
    }
    return sequences;
  }
  static std::vector<uint64_t> UpTo(uint64_t last, uint64_t first = 1) {
    std::vector<uint64_t> numbers;
    for (uint64_t number = first; number <= last; ++number) numbers.push_back(number);
    return numbers;
  }

  // Writes `text` as the position record of this mirror.
  void WritePosition(const std::string& text) {
    const std::string topic = PositionTopic(options_.topic_prefix);
    const absl::Status created = KafkaAdmin(options_.brokers).CreateTopic({.name = topic});
    MILLRACE_CHECK(created.ok() || created.code() == absl::StatusCode::kAlreadyExists);
    auto producer = KafkaProducer::MustOpen(options_.brokers, "millrace-" + options_.topic_prefix);
    MILLRACE_CHECK(producer.Begin().ok());
    MILLRACE_CHECK(
        producer.Send({.topic = topic, .key = PositionKey(options_), .value = text}).ok());
    MILLRACE_CHECK(producer.Commit().ok());
  }

  KafkaOptions options_;
  std::function<void()> after_first_record_;  // see PlainEncoder
  FilledLog log_;

 private:
  static inline std::unique_ptr<KafkaBroker> shared_broker_;
};

}  // namespace millrace::kafka
