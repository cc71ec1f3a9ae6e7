// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "kafka/handles.h"

namespace millrace::kafka {

// Longest time that one call of librdkafka may block, in milliseconds, so that a stop takes effect
// soon. Longer waits use several calls.
inline constexpr int kBlockMillisMax = 250;

enum class ClientRole {
  kProducer,  // transactional, see Producer
  kReader,    // reads the mirror's position: committed records only, reports the partition's end
};

// Returns librdkafka's settings: those of `options` plus those that the mirror requires. Reads the
// SASL password again on each call. Sends the client's log messages to our log. kInvalidArgument:
// librdkafka does not know a setting or refuses its value; the message names the setting.
// kFailedPrecondition: the password cannot be read.
absl::StatusOr<ConfHandle> MakeClientConf(const KafkaOptions& options, ClientRole role);

// Creates a client, which connects in the background. kInvalidArgument: the settings contradict
// each other, or name unusable files.
absl::StatusOr<ClientHandle> MakeClient(ConfHandle conf, ClientRole role);

// Reports at startup, without connecting, settings with which the mirror could never connect.
// Errors as MakeClientConf and MakeClient.
absl::Status CheckClientSettings(const KafkaOptions& options);

}  // namespace millrace::kafka
