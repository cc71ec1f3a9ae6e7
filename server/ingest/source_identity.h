// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "config/source_options.h"
#include "log/log.h"
#include "mysql/connection.h"

namespace millrace::ingest {

// Derives a server id for reading the binlog from the host name and the log's directory, in the
// upper half of the range: the same at each start and unlikely to be in use.
uint32_t DerivedServerId(std::string_view log_directory);

// Stores in a new log which source it belongs to, and checks that in a used one.
// kFailedPrecondition DATA_DIRECTORY_OF_ANOTHER_SOURCE: the flavour differs, or the server differs
// and there are no GTIDs to prove that both have the same history. Returns the server_uuid that the
// log was last fed from; empty if unknown.
absl::StatusOr<std::string> CheckSourceIdentity(log::Log& log, const Connection& source);

// Checks the source's settings and logs the findings. Errors as FindingsStatus: a setting must be
// fixed before the feed can work. `logged` keeps the findings already logged, so that none is
// logged twice.
absl::Status RequireReadySource(Connection& source, const SourceOptions& options,
                                std::string& logged);

}  // namespace millrace::ingest
