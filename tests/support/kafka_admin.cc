// SPDX-License-Identifier: Apache-2.0

#include "support/kafka_admin.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"
#include "fmt/format.h"
#include "support/value_or_abort.h"

namespace millrace::testing {
namespace {

using Event = KafkaOwned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Queue = KafkaOwned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using NewTopic = KafkaOwned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using Resource = KafkaOwned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using AdminOptions = KafkaOwned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

// Number of partitions that have a leader.
int LeadersOf(const rd_kafka_metadata_topic_t& topic) {
  int leaders = 0;
  for (int i = 0; i < topic.partition_cnt; ++i) {
    if (topic.partitions[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partitions[i].leader >= 0) {
      ++leaders;
    }
  }
  return leaders;
}

// Calls `send(options, queue)`, which sends a request, and waits for the response.
template <typename Send>
absl::StatusOr<Event> SendAndWait(rd_kafka_t* kafka, rd_kafka_admin_op_t operation,
                                  absl::Duration timeout, Send send) {
  const int milliseconds = KafkaMilliseconds(timeout);
  const Queue queue(rd_kafka_queue_new(kafka));
  const AdminOptions options(rd_kafka_AdminOptions_new(kafka, operation));
  char error_text[256] = "";
  MILLRACE_RETURN_IF_ERROR(
      KafkaStatus(rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds, error_text,
                                                            sizeof(error_text)),
                  error_text));
  send(options.get(), queue.get());
  // The request's own timeout expires first.
  Event event(rd_kafka_queue_poll(queue.get(), 2 * milliseconds));
  if (event == nullptr) return absl::DeadlineExceededError("no response from the broker");
  MILLRACE_RETURN_IF_ERROR(
      KafkaStatus(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get())));
  return event;
}

}  // namespace

KafkaAdmin::KafkaAdmin(const std::string& bootstrap, absl::Duration timeout)
    : kafka_(ValueOrAbort(OpenKafka(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap},
                                                        {"reconnect.backoff.max.ms", "200"}}))),
      timeout_(timeout) {}

absl::StatusOr<std::vector<KafkaTopic>> KafkaAdmin::ListTopics() {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<KafkaTopic> topics, ListNames());
  if (topics.empty()) return topics;
  MILLRACE_RETURN_IF_ERROR(DescribeConfigs(topics));
  return topics;
}

absl::StatusOr<std::vector<KafkaTopic>> KafkaAdmin::ListNames() {
  const rd_kafka_metadata_t* metadata = nullptr;
  MILLRACE_RETURN_IF_ERROR(KafkaStatus(rd_kafka_metadata(kafka_.get(), /*all_topics=*/1, nullptr,
                                                         &metadata, KafkaMilliseconds(timeout_)),
                                       "list of topics"));
  const KafkaMetadata owned(metadata);
  std::vector<KafkaTopic> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    const std::string name = topic.topic;
    if (name.rfind("__", 0) == 0) continue;
    MILLRACE_RETURN_IF_ERROR(KafkaStatus(topic.err, name));
    topics.push_back({.name = name, .partitions = topic.partition_cnt, .configs = {}});
  }
  std::sort(topics.begin(), topics.end(),
            [](const auto& one, const auto& other) { return one.name < other.name; });
  return topics;
}

absl::Status KafkaAdmin::DescribeConfigs(std::vector<KafkaTopic>& topics) {
  std::vector<Resource> resources;
  std::vector<rd_kafka_ConfigResource_t*> pointers;
  std::map<std::string, KafkaTopic*> by_name;
  for (KafkaTopic& topic : topics) {
    resources.emplace_back(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    pointers.push_back(resources.back().get());
    by_name[topic.name] = &topic;
  }
  MILLRACE_ASSIGN_OR_RETURN(
      const Event event,
      SendAndWait(kafka_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_,
                  [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                    rd_kafka_DescribeConfigs(kafka_.get(), pointers.data(), pointers.size(),
                                             options, queue);
                  }));
  size_t count = 0;
  const rd_kafka_ConfigResource_t** described = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(described[i]);
    MILLRACE_RETURN_IF_ERROR(KafkaStatus(rd_kafka_ConfigResource_error(described[i]), name));
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(described[i], &entries);
    for (size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(entry[j]);
      by_name.at(name)->configs[rd_kafka_ConfigEntry_name(entry[j])] =
          value == nullptr ? "" : value;
    }
  }
  return absl::OkStatus();
}

absl::Status KafkaAdmin::CreateTopic(const KafkaTopic& topic) {
  char error_text[256] = "";
  const NewTopic made(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                            /*replication_factor=*/1, error_text,
                                            sizeof(error_text)));
  if (made == nullptr) return absl::InvalidArgumentError(error_text);
  for (const auto& [name, value] : topic.configs) {
    MILLRACE_RETURN_IF_ERROR(
        KafkaStatus(rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str()), name));
  }
  rd_kafka_NewTopic_t* pointer = made.get();
  MILLRACE_ASSIGN_OR_RETURN(
      const Event event,
      SendAndWait(kafka_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_,
                  [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                    rd_kafka_CreateTopics(kafka_.get(), &pointer, 1, options, queue);
                  }));
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (count != 1) return absl::InternalError(fmt::format("no response about {}", topic.name));
  const char* error = rd_kafka_topic_result_error_string(results[0]);
  MILLRACE_RETURN_IF_ERROR(
      KafkaStatus(rd_kafka_topic_result_error(results[0]),
                  fmt::format("topic {}: {}", topic.name, error == nullptr ? "" : error)));
  return AwaitLeaders(topic);
}

// The controller has made the topic, but the broker sees it only shortly after.
absl::Status KafkaAdmin::AwaitLeaders(const KafkaTopic& topic) {
  const absl::Time deadline = absl::Now() + timeout_;
  while (true) {
    const auto metadata = DescribeTopic(kafka_.get(), topic.name, deadline - absl::Now());
    if (metadata.ok() && LeadersOf((*metadata)->topics[0]) == topic.partitions) {
      return absl::OkStatus();
    }
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(fmt::format("topic {} has no leaders", topic.name));
    }
    absl::SleepFor(kPollInterval);
  }
}

absl::StatusOr<std::string> KafkaAdmin::ClusterId() {
  char* id = rd_kafka_clusterid(kafka_.get(), KafkaMilliseconds(timeout_));
  if (id == nullptr) return absl::DeadlineExceededError("no response from the broker");
  std::string copy = id;
  rd_kafka_mem_free(kafka_.get(), id);
  return copy;
}

}  // namespace millrace::testing
