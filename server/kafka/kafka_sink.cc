// SPDX-License-Identifier: Apache-2.0

#include "kafka/kafka_sink.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/client_settings.h"
#include "kafka/errors.h"
#include "kafka/position_topic.h"

namespace millrace::kafka {
namespace {

// How many changes are added between two readings of the clock.
constexpr uint32_t kChangesPerClockCheck = 64;

// A format that writes transaction boundaries must see the changes of all tables.
ChangeReader::Scope ScopeOf(const KafkaOptions& options) {
  const bool boundaries =
      options.format == KafkaFormat::kDebeziumJson && options.debezium.provide_transaction_metadata;
  return boundaries ? ChangeReader::Scope::kAll : ChangeReader::Scope::kMirrored;
}

std::string_view FormatName(KafkaFormat format) {
  return format == KafkaFormat::kProtobuf ? "protobuf" : "debezium-json";
}

}  // namespace

mirror::MirrorOptions MirrorOptionsOf(const KafkaOptions& options) {
  return {.name = options.topic_prefix,
          .format = std::string(FormatName(options.format)),
          .position_location = fmt::format("topic {}", PositionTopic(options.topic_prefix)),
          .start_at_newest = options.start == KafkaStart::kLatest,
          .transaction_time_max = options.transaction.time_max,
          .heartbeat_interval = options.debezium.heartbeat_interval};
}

absl::StatusOr<std::unique_ptr<KafkaSink>> KafkaSink::Make(const Parts& parts) {
  MILLRACE_RETURN_IF_ERROR(CheckClientSettings(parts.options));
  MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Routes> routes,
                            Routes::Make(parts.options, parts.registry));
  std::unique_ptr<KafkaSink> sink(new KafkaSink(parts, std::move(routes)));
  MILLRACE_RETURN_IF_ERROR(sink->MakeEncoder());
  return sink;
}

KafkaSink::KafkaSink(const Parts& parts, std::unique_ptr<Routes> routes)
    : options_(parts.options),
      feed_(parts.feed),
      registry_(parts.registry),
      clock_(parts.clock),
      routes_(std::move(routes)),
      make_encoder_(parts.make_encoder),
      reader_(parts.registry, *routes_, ScopeOf(parts.options)) {}

absl::Status KafkaSink::MakeEncoder() {
  MILLRACE_ASSIGN_OR_RETURN(
      encoder_, make_encoder_({.options = options_, .registry = registry_, .routes = *routes_}));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<mirror::MirrorPosition>> KafkaSink::ReadPosition(
    mirror::Waiter& waiter) {
  return kafka::ReadPosition(options_, clock_, waiter);
}

absl::Status KafkaSink::Open(mirror::Waiter& waiter) {
  MILLRACE_RETURN_IF_ERROR(MakeEncoder());
  MILLRACE_ASSIGN_OR_RETURN(
      producer_, Producer::Open({.options = options_, .clock = clock_, .waiter = waiter}));
  topics_ =
      std::make_unique<Topics>(producer_->client(), options_, waiter,
                               [&waiter](const std::string& topic, const std::string& warning) {
                                 waiter.OnWarning(topic, warning);
                               });
  MILLRACE_RETURN_IF_ERROR(topics_->Load());
  return topics_->Use(PositionTopic(options_.topic_prefix)).status();
}

void KafkaSink::Close() {
  batch_.reset();
  topics_.reset();
  producer_.reset();
}

void KafkaSink::Poll() { rd_kafka_poll(producer_->client(), 0); }

// Batch starts the Kafka transaction with its first record.
absl::Status KafkaSink::Begin() {
  batch_.emplace(*producer_, *topics_);
  return absl::OkStatus();
}

absl::StatusOr<mirror::Sink::AddResult> KafkaSink::Add(const feed::FramePtr& frame, Sequence from,
                                                       Micros deadline) {
  const KafkaTransactionOptions& limits = options_.transaction;
  Batch& batch = *batch_;
  bool full = false;
  reader_.Open(frame, from);
  for (uint32_t changes = 1; !full; ++changes) {
    MILLRACE_ASSIGN_OR_RETURN(const ChangeView* change, reader_.Next());
    if (change == nullptr) break;
    batch.SetChange(*change);
    MILLRACE_RETURN_IF_ERROR(encoder_->Encode(*change, batch));
    full = batch.records() >= limits.records_max || batch.bytes() >= limits.bytes_max ||
           (changes % kChangesPerClockCheck == 0 && clock_.SteadyMicros() >= deadline);
  }
  return AddResult{.last_change = reader_.last_change(), .full = full};
}

absl::Status KafkaSink::AddHeartbeat(Micros now) {
  batch_->ClearChange();
  return encoder_->Heartbeat(now, *batch_);
}

absl::StatusOr<mirror::TopicCounts> KafkaSink::Commit(const mirror::MirrorPosition& position) {
  const std::string topic = PositionTopic(options_.topic_prefix);
  const std::string key = PositionKey(options_);
  const std::string text = PositionText(position);
  RecordView record;
  record.topic = topic;
  record.key = key;
  record.value = text;
  MILLRACE_RETURN_IF_ERROR(batch_->AddPosition(record));
  MILLRACE_RETURN_IF_ERROR(producer_->Commit());
  return batch_->counts();
}

void KafkaSink::Abort() { producer_->Abort(); }

absl::Status KafkaSink::TakenOverError() const {
  return KafkaError(RD_KAFKA_RESP_ERR__FENCED, "connecting to Kafka",
                    "another mirror has written the position");
}

// The producer knows the sequence of the failed change but not its table, so look it up in the log.
absl::Status KafkaSink::WithTable(const absl::Status& status) const {
  const ErrorMetadata metadata = ErrorMetadataOf(status);
  const auto text = metadata.find("sequence");
  const bool is_record_error = HasReason(status, reason::kMirrorRecordRefused) ||
                               HasReason(status, reason::kMirrorRecordTooLarge);
  if (text == metadata.end() || !is_record_error) return status;
  const Sequence sequence{std::strtoull(text->second.c_str(), nullptr, 10)};
  const auto frames = feed_.Read(sequence, 1);
  if (sequence.value == 0 || !frames.ok() || frames->empty()) return status;
  ChangeReader reader(registry_, *routes_, ChangeReader::Scope::kMirrored);
  reader.Open(frames->front(), sequence);
  const auto change = reader.Next();
  if (!change.ok() || *change == nullptr || (*change)->sequence != sequence) return status;
  absl::Status result =
      WithContext(status, fmt::format("table {}.{}", (*change)->database, (*change)->table));
  return result;
}

}  // namespace millrace::kafka
