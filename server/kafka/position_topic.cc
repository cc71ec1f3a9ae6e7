// SPDX-License-Identifier: Apache-2.0

#include "kafka/position_topic.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/client_settings.h"
#include "kafka/errors.h"
#include "kafka/handles.h"
#include "kafka/routes.h"
#include "mirror/interrupted.h"
#include "model/token.h"
#include "nlohmann/json.hpp"

namespace millrace::kafka {
namespace {

using Json = nlohmann::json;

constexpr Micros kReadTimeout = 15'000'000;
constexpr int kRefreshMillis = 100;
constexpr int32_t kPartition = 0;
// Read only this many records first; they nearly always include the newest position.
constexpr int64_t kTailRecordsMax = 10'000;
constexpr uint64_t kVersion = 1;
constexpr std::string_view kAction = "reading the mirror's position";

absl::Status Malformed(std::string_view what) {
  return MakeError(
      reason::kMirrorPositionMalformed,
      fmt::format("the mirror's position in Kafka {}; run `millrace mirror rewind` with "
                  "the position to continue from, then `millrace mirror resume`",
                  what));
}

absl::Status ClientError(rd_kafka_resp_err_t code) {
  return KafkaError(code, kAction, rd_kafka_err2str(code));
}

// Reads partition 0 of one topic.
class PartitionReader {
 public:
  static absl::StatusOr<PartitionReader> Open(const KafkaOptions& options, const Clock& clock,
                                              mirror::Waiter& waiter) {
    MILLRACE_ASSIGN_OR_RETURN(ConfHandle conf, MakeClientConf(options, ClientRole::kReader));
    MILLRACE_ASSIGN_OR_RETURN(ClientHandle client,
                              MakeClient(std::move(conf), ClientRole::kReader));
    PartitionReader reader(options, clock, waiter, std::move(client));
    if (reader.topic_ == nullptr) return ClientError(rd_kafka_last_error());
    return reader;
  }

  // Sets the first offset, and the one after the last. Both are 0 if the topic does not exist.
  absl::Status QueryOffsets(int64_t& low, int64_t& high) {
    const Micros begin = clock_.SteadyMicros();
    while (true) {
      rd_kafka_resp_err_t code =
          rd_kafka_query_watermark_offsets(client_.get(), rd_kafka_topic_name(topic_.get()),
                                           kPartition, &low, &high, kBlockMillisMax);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
      if (IsUnknownTopic(code)) code = VerifyMissing();
      if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        low = high = 0;
        return absl::OkStatus();
      }
      if (IsDenial(code) || clock_.SteadyMicros() - begin > kReadTimeout) return ClientError(code);
      if (waiter_.ShouldStop()) return mirror::Interrupted();
    }
  }

  // Returns the value of the last record with `key` at or after `offset`; nothing if there is no
  // such record or it is a tombstone.
  absl::StatusOr<std::optional<std::string>> LastValueFrom(int64_t offset, std::string_view key) {
    if (rd_kafka_consume_start(topic_.get(), kPartition, offset) != 0) {
      return ClientError(rd_kafka_last_error());
    }
    auto value = ReadToEnd(key);
    rd_kafka_consume_stop(topic_.get(), kPartition);
    return value;
  }

 private:
  PartitionReader(const KafkaOptions& options, const Clock& clock, mirror::Waiter& waiter,
                  ClientHandle client)
      : clock_(clock),
        waiter_(waiter),
        client_(std::move(client)),
        topic_(rd_kafka_topic_new(client_.get(), PositionTopic(options.topic_prefix).c_str(),
                                  nullptr)) {}

  // Asks the broker whether the topic is missing: UNKNOWN_TOPIC_OR_PART if it is, another code if
  // it exists or the broker does not respond. librdkafka alone is no proof: while it refreshes the
  // metadata of a topic, it reports that partitions of the topic are unknown. A mirror that takes
  // an existing topic for a missing one repeats or skips changes.
  rd_kafka_resp_err_t VerifyMissing() {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(client_.get(), /*all_topics=*/0,
                                                       topic_.get(), &metadata, kBlockMillisMax);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return IsUnknownTopic(code) ? RD_KAFKA_RESP_ERR__TIMED_OUT : code;
    }
    const rd_kafka_resp_err_t found =
        metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    rd_kafka_metadata_destroy(metadata);
    if (found != RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    // Waits for the refresh.
    rd_kafka_poll(client_.get(), kRefreshMillis);
    return RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  }

  absl::StatusOr<std::optional<std::string>> ReadToEnd(std::string_view key) {
    std::string value;
    bool has_value = false;
    Micros last_message_at = clock_.SteadyMicros();
    while (true) {
      rd_kafka_poll(client_.get(), 0);
      MessageHandle message(rd_kafka_consume(topic_.get(), kPartition, kBlockMillisMax));
      if (waiter_.ShouldStop()) return mirror::Interrupted();
      const rd_kafka_resp_err_t code =
          message == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : message->err;
      if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return has_value ? std::make_optional(std::move(value)) : std::nullopt;
      }
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const bool too_long = clock_.SteadyMicros() - last_message_at > kReadTimeout;
        if (IsDenial(code) || too_long) return ClientError(code);
        continue;
      }
      last_message_at = clock_.SteadyMicros();
      const std::string_view found(static_cast<const char*>(message->key), message->key_len);
      if (message->key == nullptr || found != key) continue;
      // A tombstone has no payload.
      has_value = message->payload != nullptr;
      if (has_value) value.assign(static_cast<const char*>(message->payload), message->len);
    }
  }

  const Clock& clock_;
  mirror::Waiter& waiter_;
  ClientHandle client_;
  TopicHandle topic_;
};

// The newest value with `key`: among the last records if it is there, else in the whole topic.
absl::StatusOr<std::optional<std::string>> NewestValue(PartitionReader& reader, int64_t low,
                                                       int64_t high, std::string_view key) {
  const int64_t tail = std::max(low, high - kTailRecordsMax);
  auto value = reader.LastValueFrom(tail, key);
  if (!value.ok() || value->has_value() || tail == low) return value;
  return reader.LastValueFrom(low, key);
}

// Returns a member of a JSON object; null if it is missing.
const Json& Member(const Json& object, const char* name) {
  static const Json none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

}  // namespace

std::string PositionText(const mirror::MirrorPosition& position) {
  const Json json = {{"version", kVersion},
                     {"log_id", LogIdText(position.log_id)},
                     {"sequence", position.sequence.value},
                     {"resume_token", position.resume_token},
                     {"instance", position.instance},
                     {"time_us", position.time}};
  return json.dump();
}

absl::StatusOr<mirror::MirrorPosition> ParsePosition(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Malformed("is not a JSON object");
  const Json& version = Member(json, "version");
  if (!version.is_number_unsigned()) return Malformed("has no version");
  if (version.get<uint64_t>() > kVersion) {
    return Malformed("was written by a newer version of Millrace");
  }
  if (version.get<uint64_t>() != kVersion) return Malformed("has an unknown version");
  const Json& log_id = Member(json, "log_id");
  const Json& sequence = Member(json, "sequence");
  const Json& token = Member(json, "resume_token");
  const Json& instance = Member(json, "instance");
  const Json& time = Member(json, "time_us");
  if (!log_id.is_string() || !sequence.is_number_unsigned() || !token.is_string() ||
      !instance.is_string() || !time.is_number_integer()) {
    return Malformed("lacks a required member");
  }
  mirror::MirrorPosition position{.log_id = 0,
                                  .sequence = {sequence.get<uint64_t>()},
                                  .resume_token = token.get<std::string>(),
                                  .instance = instance.get<std::string>(),
                                  .time = time.get<int64_t>()};
  const std::string& digits = log_id.get_ref<const std::string&>();
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, position.log_id, 16);
  if (error != std::errc() || stop != end) return Malformed("has a malformed log_id");
  return position;
}

std::string PositionKey(const KafkaOptions& options) {
  const bool is_protobuf = options.format == KafkaFormat::kProtobuf;
  return fmt::format("{}/{}", options.topic_prefix, is_protobuf ? "protobuf" : "debezium-json");
}

absl::StatusOr<std::optional<mirror::MirrorPosition>> ReadPosition(const KafkaOptions& options,
                                                                   const Clock& clock,
                                                                   mirror::Waiter& waiter) {
  MILLRACE_ASSIGN_OR_RETURN(PartitionReader reader, PartitionReader::Open(options, clock, waiter));
  int64_t low = 0;
  int64_t high = 0;
  MILLRACE_RETURN_IF_ERROR(reader.QueryOffsets(low, high));
  if (low >= high) return std::nullopt;
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                            NewestValue(reader, low, high, PositionKey(options)));
  if (!text.has_value()) return std::nullopt;
  MILLRACE_ASSIGN_OR_RETURN(mirror::MirrorPosition position, ParsePosition(*text));
  return position;
}

}  // namespace millrace::kafka
