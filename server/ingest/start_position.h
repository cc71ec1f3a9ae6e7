// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "config/source_options.h"
#include "model/source_position.h"
#include "mysql/connection.h"

namespace millrace::ingest {

// Where reading starts: at `stored`, the binary position of a log, or if that is empty, at the
// position of source.start. Errors as CurrentPosition and SourcePosition::FromBinary;
// kInvalidArgument: source.start.gtid_set does not match the source's flavour.
absl::StatusOr<SourcePosition> StartPosition(std::string_view stored, const StartOptions& start,
                                             Connection& source);

}  // namespace millrace::ingest
