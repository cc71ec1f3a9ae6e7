// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "config/source_options.h"

namespace millrace {

// Reads the source's password where `options` says, anew at each call so that it can be changed
// without a restart. A newline at the end of the file is not part of it. Empty if none is set.
// kFailedPrecondition: the file cannot be read or is larger than 4 KiB, or the variable is not set;
// the message names it and never holds the password.
absl::StatusOr<std::string> ReadPassword(const SourceOptions& options);
// The same for the SASL password of the mirror in Kafka.
absl::StatusOr<std::string> ReadSaslPassword(const KafkaOptions& options);

}  // namespace millrace
