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
  // Told: all that are in force, by name. Given: those that differ from the broker's defaults.
  std::map<std::string, std::string> configs;
};

// What an operator asks of a broker. Every call gives up after `timeout`, with kDeadlineExceeded
// or, if the broker is away, with kUnavailable. For one thread.
class KafkaAdmin {
 public:
  explicit KafkaAdmin(const std::string& bootstrap, absl::Duration timeout = absl::Seconds(30));

  // By name, without those that the broker keeps for itself (`__…`).
  absl::StatusOr<std::vector<KafkaTopic>> ListTopics();

  // Returns once the topic can be written to and read. kAlreadyExists: there is one of that name.
  absl::Status CreateTopic(const KafkaTopic& topic);

  // Another for every broker.
  absl::StatusOr<std::string> ClusterId();

 private:
  absl::StatusOr<std::vector<KafkaTopic>> ListNames();
  absl::Status AwaitLeaders(const KafkaTopic& topic);
  absl::Status DescribeConfigs(std::vector<KafkaTopic>& topics);

  KafkaHandle kafka_;
  absl::Duration timeout_;
};

}  // namespace millrace::testing
