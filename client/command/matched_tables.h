// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "millrace/client.h"

namespace millrace::command {

enum class AskSource { kNo, kYes };

// Returns the matching tables, like Client::ListTables; all tables without patterns. With kYes also
// tables that only the source knows so far; prints a warning if the source cannot be queried.
// kNotFound: a pattern matches no table; the message names it. Other errors as ListTables.
absl::StatusOr<v1::ListTablesResponse> MatchedTables(const client::Client& client,
                                                     const std::vector<std::string>& patterns,
                                                     AskSource ask = AskSource::kNo);

// Returns the patterns without `!` that match no table known to the server. Errors as ListTables.
absl::StatusOr<std::vector<std::string>> UnmatchedPatterns(
    const client::Client& client, const std::vector<std::string>& patterns);

}  // namespace millrace::command
