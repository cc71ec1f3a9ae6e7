// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "config/source_options.h"

namespace millrace {

// Reads the source's password from the file or variable that `options` names. Each call reads it
// again, so that a file can change without a restart. Drops a newline at the end of the file.
// Returns an empty string if `options` names none.
// kFailedPrecondition SOURCE_FILE_UNREADABLE: the file cannot be read or is larger than 4 KiB;
// SOURCE_PASSWORD_MISSING: the variable is not set. The message names the file or variable and
// never contains the password.
absl::StatusOr<std::string> ReadPassword(const SourceOptions& options);
// The same for the SASL password of the mirror in Kafka: kFailedPrecondition
// MIRROR_PASSWORD_UNREADABLE.
absl::StatusOr<std::string> ReadSaslPassword(const KafkaOptions& options);

// Checks that millraced can read every file of `options.tls` that a connection uses, because the
// client library's errors do not name the file. kFailedPrecondition SOURCE_FILE_UNREADABLE.
absl::Status CheckTlsFiles(const SourceOptions& options);

}  // namespace millrace
