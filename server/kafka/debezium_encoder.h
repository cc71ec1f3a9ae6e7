// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "kafka/encoder_parts.h"
#include "kafka/record.h"

namespace millrace::kafka {

// Format debezium-json: what Debezium's connector writes through Kafka Connect's JsonConverter.
// DEBEZIUM.md says where it differs.
//
// Text that is not valid in its character set comes with U+FFFD for what is no character, and its
// column's name in the header `millrace.invalid_text`.
//
// kInvalidArgument: 'kafka.keys' is malformed.
absl::StatusOr<std::unique_ptr<ChangeEncoder>> MakeDebeziumEncoder(const EncoderParts& parts);

}  // namespace millrace::kafka
