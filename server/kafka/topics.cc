// SPDX-License-Identifier: Apache-2.0

#include "kafka/topics.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/client_settings.h"
#include "kafka/errors.h"
#include "kafka/routes.h"
#include "mirror/interrupted.h"
#include "spdlog/spdlog.h"

namespace millrace::kafka {
namespace {

// Longest wait for a response of the broker; long enough for a busy controller.
constexpr int kRequestMillisMax = 15'000;

// Whether the topic contains the mirror's own records. Sets `compacted` if it must keep the newest
// record of each key.
bool IsOwnTopic(const KafkaOptions& options, std::string_view topic, bool& compacted) {
  const std::string& prefix = options.topic_prefix;
  compacted = topic == PositionTopic(prefix) || topic == prefix + ".schemas";
  return compacted || topic == prefix || topic == prefix + ".transaction" ||
         topic == fmt::format("{}.{}", options.debezium.topic_heartbeat_prefix, prefix);
}

void AppendDifference(std::string& to, std::string_view what, std::string_view found,
                      std::string_view wanted) {
  if (!to.empty()) to += ", ";
  to += fmt::format("{} is {} instead of {}", what, found, wanted);
}

}  // namespace

TopicSpec TopicSpecOf(const KafkaOptions& options, std::string_view topic) {
  const KafkaTopicOptions& wanted = options.topics;
  TopicSpec spec{.name = std::string(topic),
                 .partitions = static_cast<int32_t>(wanted.partitions),
                 .replication_factor = static_cast<int32_t>(wanted.replication_factor),
                 .settings = {}};
  bool compacted = false;
  if (IsOwnTopic(options, topic, compacted)) {
    spec.partitions = 1;
    if (compacted) spec.settings["cleanup.policy"] = "compact";
    // The mirror reads this topic when it starts. Small segments keep it short, since Kafka
    // compacts only closed segments.
    if (topic == PositionTopic(options.topic_prefix)) spec.settings["segment.bytes"] = "16777216";
    return spec;
  }
  if (wanted.retention > 0) {
    spec.settings["retention.ms"] = fmt::format("{}", wanted.retention / 1000);
  }
  if (wanted.retention_bytes > 0) {
    spec.settings["retention.bytes"] = fmt::format("{}", wanted.retention_bytes);
  }
  if (!wanted.cleanup_policy.empty()) spec.settings["cleanup.policy"] = wanted.cleanup_policy;
  return spec;
}

Topics::Topics(rd_kafka_t* client, const KafkaOptions& options, mirror::Waiter& waiter,
               OnDifference on_difference)
    : client_(client),
      options_(options),
      waiter_(waiter),
      on_difference_(std::move(on_difference)) {}

absl::Status Topics::Load() {
  existing_.clear();
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_metadata_t* listed = nullptr;
  for (int waited = 0; waited < kRequestMillisMax; waited += kBlockMillisMax) {
    if (waiter_.ShouldStop()) return mirror::Interrupted();
    // List all topics: a request for a single one may make the broker create it with its defaults.
    code = rd_kafka_metadata(client_, 1, nullptr, &listed, kBlockMillisMax);
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT && code != RD_KAFKA_RESP_ERR__TRANSPORT) break;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return KafkaError(code, "listing topics", rd_kafka_err2str(code));
  }
  const MetadataHandle metadata(listed);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR || topic.partition_cnt == 0) continue;
    existing_[topic.topic] = {.partitions = topic.partition_cnt,
                              .replication_factor = topic.partitions[0].replica_cnt};
  }
  return absl::OkStatus();
}

absl::StatusOr<const Topic*> Topics::Use(std::string_view name) {
  if (const auto used = used_.find(name); used != used_.end()) return &used->second;
  const TopicSpec spec = TopicSpecOf(options_, name);
  if (existing_.count(spec.name) > 0) {
    Compare(spec);
  } else if (options_.topics.create) {
    MILLRACE_RETURN_IF_ERROR(Create(spec));
  } else {
    return KafkaError(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "'kafka.topics.create' is false",
                      fmt::format("there is no topic {}", name));
  }
  Topic topic{.handle = TopicHandle(rd_kafka_topic_new(client_, spec.name.c_str(), nullptr)),
              .partitions = existing_[spec.name].partitions};
  if (topic.handle == nullptr) {
    const rd_kafka_resp_err_t code = rd_kafka_last_error();
    return KafkaError(code, fmt::format("opening topic {}", name), rd_kafka_err2str(code));
  }
  return &used_.emplace(spec.name, std::move(topic)).first->second;
}

absl::Status Topics::Create(const TopicSpec& spec) {
  std::array<char, 256> text{};
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(
      spec.name.c_str(), spec.partitions > 0 ? spec.partitions : -1,
      spec.replication_factor > 0 ? spec.replication_factor : -1, text.data(), text.size());
  const std::string action = fmt::format("creating topic {}", spec.name);
  if (wanted == nullptr) {
    return MakeError(reason::kMirrorTopicRefused,
                     fmt::format("{}: {}; see 'kafka.topics'", action, text.data()));
  }
  const NewTopicHandle owner(wanted);
  for (const auto& [name, value] : spec.settings) {
    rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  }
  const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_ANY));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kRequestMillisMax, nullptr, 0);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kRequestMillisMax, nullptr, 0);
  const QueueHandle queue(rd_kafka_queue_new(client_));
  rd_kafka_CreateTopics(client_, &wanted, 1, options.get(), queue.get());
  MILLRACE_ASSIGN_OR_RETURN(const EventHandle event, Await(queue.get(), action));
  rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  std::string why =
      code == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_event_error_string(event.get());
  size_t count = 0;
  const auto* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1) {
    code = rd_kafka_topic_result_error(results[0]);
    const char* const message = rd_kafka_topic_result_error_string(results[0]);
    why = message != nullptr ? message : rd_kafka_err2str(code);
  }
  if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    MILLRACE_RETURN_IF_ERROR(Load());
    Compare(spec);
    return absl::OkStatus();
  }
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    spdlog::info("kafka topic created topic={}", spec.name);
    if (spec.partitions <= 0) return Load();
    existing_[spec.name] = {.partitions = spec.partitions,
                            .replication_factor = spec.replication_factor};
    return absl::OkStatus();
  }
  const bool refused =
      code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR ||
      code == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS || code == RD_KAFKA_RESP_ERR_INVALID_CONFIG ||
      code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION ||
      code == RD_KAFKA_RESP_ERR_INVALID_REQUEST;
  if (!refused) return KafkaError(code, action, why);
  return MakeError(reason::kMirrorTopicRefused,
                   fmt::format("{}: {} ({}); fix 'kafka.topics', or create the topic yourself; the "
                               "mirror keeps retrying",
                               action, why, std::string_view(rd_kafka_err2name(code))),
                   {{"topic", spec.name}});
}

absl::StatusOr<EventHandle> Topics::Await(rd_kafka_queue_t* queue, std::string_view action) {
  // The client reports a timeout after kRequestMillisMax; allow twice that for its own delays.
  for (int waited = 0; waited < 2 * kRequestMillisMax; waited += kBlockMillisMax) {
    EventHandle event(rd_kafka_queue_poll(queue, kBlockMillisMax));
    if (event != nullptr) return event;
    if (waiter_.ShouldStop()) return mirror::Interrupted();
  }
  return KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, action, "no response");
}

void Topics::Compare(const TopicSpec& spec) {
  const Existing& found = existing_[spec.name];
  std::string differences;
  if (spec.partitions > 0 && found.partitions != spec.partitions) {
    AppendDifference(differences, "partitions", fmt::format("{}", found.partitions),
                     fmt::format("{}", spec.partitions));
  }
  if (spec.replication_factor > 0 && found.replication_factor != spec.replication_factor) {
    AppendDifference(differences, "replication_factor", fmt::format("{}", found.replication_factor),
                     fmt::format("{}", spec.replication_factor));
  }
  if (!spec.settings.empty()) {
    rd_kafka_ConfigResource_t* resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, spec.name.c_str());
    const ConfigResourceHandle owner(resource);
    const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_ANY));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kRequestMillisMax, nullptr, 0);
    const QueueHandle queue(rd_kafka_queue_new(client_));
    rd_kafka_DescribeConfigs(client_, &resource, 1, options.get(), queue.get());
    const auto event = Await(queue.get(), "reading settings of a topic");
    // The account may lack permission to read settings, which is no reason to fail.
    if (event.ok() && rd_kafka_event_error(event->get()) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      size_t count = 0;
      const auto* const resources = rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event->get()), &count);
      if (count == 1) CompareSettings(spec, resources[0], differences);
    }
  }
  if (differences.empty()) return;
  on_difference_(spec.name,
                 fmt::format("topic {}: {}; the mirror uses it as it is", spec.name, differences));
}

void Topics::CompareSettings(const TopicSpec& spec, const rd_kafka_ConfigResource_t* found,
                             std::string& differences) {
  size_t count = 0;
  const auto* const entries = rd_kafka_ConfigResource_configs(found, &count);
  for (size_t i = 0; i < count; ++i) {
    const auto wanted = spec.settings.find(rd_kafka_ConfigEntry_name(entries[i]));
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    if (wanted == spec.settings.end() || value == nullptr || wanted->second == value) continue;
    // The segment size only affects how fast the mirror starts.
    if (wanted->first == "segment.bytes") continue;
    AppendDifference(differences, wanted->first, value, wanted->second);
  }
}

}  // namespace millrace::kafka
