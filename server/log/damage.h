// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/error.h"

namespace millrace::log {

// Errors of stored bytes that cannot be read. Every room that parses stored bytes makes them here,
// so that their texts agree. Thread-safe.

// kDataLoss LOG_DAMAGED. `problem` names the damaged part, such as `record 'xa.1' is empty`. The
// message continues with the remedy: `alternative`, if there is one, or a new log. Restoring an
// older copy is no remedy: new changes would reuse sequences that subscribers have already seen.
absl::Status LogDamaged(std::string_view problem, const ErrorMetadata& metadata = {},
                        std::string_view alternative = {});

// LogDamaged for a record of the log.
absl::Status RecordDamaged(std::string_view key, std::string_view problem);

// kFailedPrecondition FORMAT_TOO_NEW: a newer version wrote the part that `problem` names.
absl::Status FormatTooNew(std::string_view problem, const ErrorMetadata& metadata = {});

// Removes the format byte from the front of the value of a record and returns it: from 1 to
// `newest`. FORMAT_TOO_NEW if it is greater; LOG_DAMAGED if it is 0 or missing.
absl::StatusOr<uint8_t> TakeFormat(std::string_view key, uint8_t newest, std::string_view& value);

}  // namespace millrace::log
