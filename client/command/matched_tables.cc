// SPDX-License-Identifier: Apache-2.0

#include "matched_tables.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "millrace/error.h"
#include "terminal.h"

namespace millrace::command {
namespace {

bool Excludes(const std::string& pattern) { return pattern.starts_with('!'); }

absl::StatusOr<v1::ListTablesResponse> List(const client::Client& client,
                                            const std::vector<std::string>& patterns,
                                            bool ask_source = false) {
  v1::ListTablesRequest request;
  request.mutable_tables()->Add(patterns.begin(), patterns.end());
  request.set_ask_source(ask_source);
  return client.ListTables(request);
}

// Makes the server ask its source for tables. The server stores them, so later calls list them.
void AskSourceForTables(const client::Client& client, const std::vector<std::string>& patterns) {
  const absl::Status asked = List(client, patterns, /*ask_source=*/true).status();
  const std::string reason = client::ErrorReasonOf(asked);
  const bool timed_out = absl::IsDeadlineExceeded(asked) && reason.empty();
  // These failures also fail the following calls, which report them.
  if (asked.ok() || (reason.empty() && !timed_out) || reason == "TABLE_PATTERN_MALFORMED") return;
  const std::string why = timed_out
                              ? "the source has many tables, run the command again to continue"
                              : fmt::format("the source could not be queried: {} [{}]",
                                            Printable(std::string(asked.message())), reason);
  const std::string note =
      fmt::format("millrace: tables without any change may be missing, {}", why);
  fmt::print(stderr, "{}\n", Paint(ColourWanted(STDERR_FILENO))(Tone::kYellow, note));
}

absl::Status NoTableMatches(const std::vector<std::string>& patterns) {
  return absl::NotFoundError(
      fmt::format("the server knows no table that matches {}: see millrace tables",
                  absl::StrJoin(patterns, " or ")));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> UnmatchedPatterns(
    const client::Client& client, const std::vector<std::string>& patterns) {
  std::vector<std::string> asked;
  for (const std::string& pattern : patterns) {
    if (Excludes(pattern)) asked.push_back(pattern);
  }
  std::vector<std::string> unmatched;
  for (const std::string& pattern : patterns) {
    if (Excludes(pattern)) continue;
    asked.push_back(pattern);
    const auto tables = List(client, asked);
    if (!tables.ok()) return tables.status();
    if (tables->tables().empty()) unmatched.push_back(pattern);
    asked.pop_back();
  }
  return unmatched;
}

absl::StatusOr<v1::ListTablesResponse> MatchedTables(const client::Client& client,
                                                     const std::vector<std::string>& patterns,
                                                     AskSource ask) {
  if (ask == AskSource::kYes) AskSourceForTables(client, patterns);
  const auto unmatched = UnmatchedPatterns(client, patterns);
  if (!unmatched.ok()) return unmatched.status();
  if (!unmatched->empty()) return NoTableMatches(*unmatched);
  auto tables = List(client, patterns);
  if (!tables.ok() || !tables->tables().empty() || patterns.empty()) return tables;
  return NoTableMatches(patterns);
}

}  // namespace millrace::command
