// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "kafka/handles.h"
#include "mirror/waiter.h"

namespace millrace::kafka {

// The configured properties of a topic. 0 and empty mean the broker's default.
struct TopicSpec {
  std::string name;
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  // Settings such as `retention.ms`.
  std::map<std::string, std::string> settings;
};

// Returns the properties that `options` configure for a topic. Topics with the mirror's own records
// have one partition, and those that must keep their records are compacted.
TopicSpec TopicSpecOf(const KafkaOptions& options, std::string_view topic);

// A topic that exists.
struct Topic {
  TopicHandle handle;
  int32_t partitions = 0;
};

// The topics that one producer writes to. On first use, a missing topic is created, and an existing
// one is compared with its configuration. Not thread-safe.
class Topics {
 public:
  // `client`, `options` and `waiter` must outlive it. `on_difference` is called for each topic that
  // differs from its configuration.
  using OnDifference = std::function<void(const std::string& topic, const std::string& warning)>;
  Topics(rd_kafka_t* client, const KafkaOptions& options, mirror::Waiter& waiter,
         OnDifference on_difference);

  // Lists the existing topics. Must be called first. Errors as Producer.
  absl::Status Load();

  // Returns the topic, ready for writing. Valid as long as this object. kNotFound
  // MIRROR_TOPIC_MISSING: it does not exist and 'kafka.topics.create' is false; kFailedPrecondition
  // MIRROR_TOPIC_REFUSED: the broker refuses to create it; other errors as Producer.
  absl::StatusOr<const Topic*> Use(std::string_view name);

 private:
  absl::Status Create(const TopicSpec& spec);
  absl::StatusOr<EventHandle> Await(rd_kafka_queue_t* queue, std::string_view action);
  void Compare(const TopicSpec& spec);
  void CompareSettings(const TopicSpec& spec, const rd_kafka_ConfigResource_t* found,
                       std::string& differences);

  struct Existing {
    int32_t partitions = 0;
    int32_t replication_factor = 0;
  };

  rd_kafka_t* const client_;
  const KafkaOptions& options_;
  mirror::Waiter& waiter_;
  const OnDifference on_difference_;
  std::map<std::string, Existing, std::less<>> existing_;
  std::map<std::string, Topic, std::less<>> used_;
};

}  // namespace millrace::kafka
