// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace millrace::testing {

// Headers in the order of the record.
using KafkaHeaders = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct KafkaRecord {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<std::string> key;    // nullopt is null, which is not the empty key.
  std::optional<std::string> value;  // nullopt is a tombstone.
  KafkaHeaders headers;
  absl::Time timestamp;  // In milliseconds, as Kafka stores it.
};

}  // namespace millrace::testing
