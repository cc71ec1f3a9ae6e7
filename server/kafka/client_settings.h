// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "kafka/handles.h"

namespace millrace::kafka {

// Longest that one call of librdkafka may block, in milliseconds, so that a stop does not have to
// wait: a longer wait is made of several calls.
inline constexpr int kBlockMillisMax = 250;

enum class ClientRole {
  kProducer,  // transactional, see Producer
  kReader,    // of the mirror's position: committed records alone, told where a partition ends
};

// librdkafka's settings as `options` have them, and those that the mirror insists on; reads the
// SASL password anew. What the client has to say goes to our log. kInvalidArgument: librdkafka does
// not know a setting, or refuses its value; names the setting. kFailedPrecondition: the password
// cannot be read.
absl::StatusOr<ConfHandle> MakeClientConf(const KafkaOptions& options, ClientRole role);

// A client with these settings, which connects on its own. kInvalidArgument: the settings do not go
// together, or name files that cannot be used.
absl::StatusOr<ClientHandle> MakeClient(ConfHandle conf, ClientRole role);

// Finds at the start what would keep the mirror from ever connecting, without connecting. Errors as
// the two above.
absl::Status CheckClientSettings(const KafkaOptions& options);

}  // namespace millrace::kafka
