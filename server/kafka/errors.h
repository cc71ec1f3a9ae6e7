// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kafka/handles.h"
#include "model/sequence.h"

namespace millrace::kafka {

// Errors of Kafka as statuses. server/ERRORS.md lists the reasons.

// The record that an error message names.
struct FailedRecord {
  std::string_view topic;
  Sequence sequence;  // zero: it belongs to no change
  uint64_t bytes = 0;
};

// Translates an error code of Kafka or librdkafka. `action` is the failed operation, such as
// `connecting`. Reasons MIRROR_UNREACHABLE, MIRROR_DENIED, MIRROR_TOPIC_MISSING, MIRROR_FENCED,
// MIRROR_FAILED.
absl::Status KafkaError(rd_kafka_resp_err_t code, std::string_view action, std::string_view text);
// The same for sending a record. Also MIRROR_RECORD_TOO_LARGE, MIRROR_RECORD_REFUSED.
absl::Status RecordError(rd_kafka_resp_err_t code, const FailedRecord& record,
                         std::string_view text);

bool IsFencing(rd_kafka_resp_err_t code);
bool IsDenial(rd_kafka_resp_err_t code);
// From the broker, or from the metadata that librdkafka keeps.
bool IsUnknownTopic(rd_kafka_resp_err_t code);

}  // namespace millrace::kafka
