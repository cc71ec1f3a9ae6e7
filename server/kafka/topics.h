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

// How a topic should be. 0, and empty: whatever the broker's default is.
struct TopicSpec {
  std::string name;
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  // `retention.ms` and others.
  std::map<std::string, std::string> settings;
};

// How `options` want a topic of the mirror: topics with the mirror's own records have one
// partition, and forget nothing that is needed.
TopicSpec TopicSpecOf(const KafkaOptions& options, std::string_view topic);

// A topic that exists.
struct Topic {
  TopicHandle handle;
  int32_t partitions = 0;
};

// The topics that one producer writes to: made on first use where they are missing, and compared
// with what was wanted where they are not. Not thread-safe.
class Topics {
 public:
  // `client`, `options` and `waiter` must outlive it. `on_difference` is told of a topic, and how
  // it differs.
  using OnDifference = std::function<void(const std::string& topic, const std::string& warning)>;
  Topics(rd_kafka_t* client, const KafkaOptions& options, mirror::Waiter& waiter,
         OnDifference on_difference);

  // Learns which topics exist. To be called before all else. Errors as Producer.
  absl::Status Load();

  // The topic, to which the producer may write. Valid as long as this object. kNotFound
  // MIRROR_TOPIC_MISSING: it is not there, and is not ours to make; kFailedPrecondition
  // MIRROR_TOPIC_REFUSED: the broker does not make it so; else as Producer.
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
