// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "kafka/encoder_parts.h"
#include "kafka/record.h"

namespace millrace::kafka {

// Format debezium-json: the output of Debezium's connector with Kafka Connect's JsonConverter.
// DEBEZIUM.md lists the differences.
//
// In text that is not valid in its character set, U+FFFD replaces the invalid bytes; the header
// `millrace.invalid_text` names the columns.
//
// kInvalidArgument: 'kafka.keys' is malformed.
absl::StatusOr<std::unique_ptr<ChangeEncoder>> MakeDebeziumEncoder(const EncoderParts& parts);

}  // namespace millrace::kafka
