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

// A server id for reading the binlog that is the same at each start and unlikely to be taken: from
// the host name and the log's directory, in the upper half of the range.
uint32_t DerivedServerId(std::string_view log_directory);

// Remembers in a new log which source it is of, and checks it in one that has been used.
// kFailedPrecondition DATA_DIRECTORY_OF_ANOTHER_SOURCE: the flavour differs, or the server is
// another one and there are no GTIDs to prove that both have the same history. Answers the
// server_uuid that the log was last fed from; empty if it is unknown.
absl::StatusOr<std::string> CheckSourceIdentity(log::Log& log, const Connection& source);

// Checks the source's settings and logs what is not as it should be. Errors as FindingsStatus:
// something must be mended before a feed can work.
// `logged` keeps what was told, so that nothing is told twice.
absl::Status RequireReadySource(Connection& source, const SourceOptions& options,
                                std::string& logged);

}  // namespace millrace::ingest
