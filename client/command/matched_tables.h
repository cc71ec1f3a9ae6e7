// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "millrace/client.h"

namespace millrace::command {

enum class AskSource { kNo, kYes };

// The tables that match, as Client::ListTables lists them; all without patterns. With kYes also
// those that only the source knows so far; if it cannot be asked, a note on standard error says so.
// kNotFound: a pattern matches no table, which is named. Other errors: those of ListTables.
absl::StatusOr<v1::ListTablesResponse> MatchedTables(const client::Client& client,
                                                     const std::vector<std::string>& patterns,
                                                     AskSource ask = AskSource::kNo);

// Those of `patterns` that include tables and match none that the server knows. Errors: those of
// ListTables.
absl::StatusOr<std::vector<std::string>> UnmatchedPatterns(
    const client::Client& client, const std::vector<std::string>& patterns);

}  // namespace millrace::command
