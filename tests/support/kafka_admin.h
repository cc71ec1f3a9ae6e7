// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "support/kafka_client.h"

namespace millrace::testing {

struct KafkaTopic {
  std::string name;
  int partitions = 1;
  // From ListTopics: all effective settings by name. For CreateTopic: those that differ from the
  // broker's defaults.
  std::map<std::string, std::string> configs;
};

// Operator's calls to a broker. Every call fails after `timeout` with kDeadlineExceeded or, if the
// broker is down, with kUnavailable. For one thread.
class KafkaAdmin {
 public:
  explicit KafkaAdmin(const std::string& bootstrap, absl::Duration timeout = absl::Seconds(30));

  // Returns the topics by name, without the broker's internal ones (`__…`).
  absl::StatusOr<std::vector<KafkaTopic>> ListTopics();

  // Returns once the topic can be written and read. kAlreadyExists: a topic has that name.
  absl::Status CreateTopic(const KafkaTopic& topic);

  // Different for every broker.
  absl::StatusOr<std::string> ClusterId();

 private:
  absl::StatusOr<std::vector<KafkaTopic>> ListNames();
  absl::Status AwaitLeaders(const KafkaTopic& topic);
  absl::Status DescribeConfigs(std::vector<KafkaTopic>& topics);

  KafkaHandle kafka_;
  absl::Duration timeout_;
};

}  // namespace millrace::testing
