// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "config/source_options.h"

namespace millrace {

// Reads the source's password where `options` says, anew at each call so that it can be changed
// without a restart. A newline at the end of the file is not part of it. Empty if none is set.
// kFailedPrecondition SOURCE_FILE_UNREADABLE: the file cannot be read or is larger than 4 KiB;
// SOURCE_PASSWORD_MISSING: the variable is not set. The message names it and never holds the
// password.
absl::StatusOr<std::string> ReadPassword(const SourceOptions& options);
// The same for the SASL password of the mirror in Kafka: kFailedPrecondition
// MIRROR_PASSWORD_UNREADABLE.
absl::StatusOr<std::string> ReadSaslPassword(const KafkaOptions& options);

// That every file of `options.tls` that a connection uses can be read: the client library names
// none. kFailedPrecondition SOURCE_FILE_UNREADABLE.
absl::Status CheckTlsFiles(const SourceOptions& options);

}  // namespace millrace
