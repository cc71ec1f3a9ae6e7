// SPDX-License-Identifier: Apache-2.0

#include "mysql/connection_limit.h"

#include <charconv>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/grant_check.h"

namespace millrace {
namespace {

// One for the dump of the binlog, one for queries.
constexpr uint64_t kFeedConnections = 2;
// To list the tables of the source for a snapshot request.
constexpr uint64_t kRequestConnections = 1;

// The connections that an account may have at once, and those it needs.
struct Connections {
  uint64_t limit = 0;
  uint64_t needed = 0;
};

Finding TooFewConnections(Severity severity, const std::string& account,
                          const Connections& connections, const std::string& what) {
  const auto& [limit, needed] = connections;
  return {severity, "ACCOUNT_CONNECTIONS_FEW",
          fmt::format("{} may have {} connections at once (MAX_USER_CONNECTIONS) and needs {}: {}",
                      account, limit, needed, what),
          fmt::format("ALTER USER {} WITH MAX_USER_CONNECTIONS {};", account, needed)};
}

}  // namespace

absl::Status CheckConnectionLimit(Connection& connection, const SnapshotOptions* snapshots,
                                  std::vector<Finding>& findings) {
  // The limit of the account or, if it has none, of the server. 0: no limit.
  MILLRACE_ASSIGN_OR_RETURN(const auto value,
                            connection.QueryValue("SELECT @@session.max_user_connections"));
  const std::string text = value.value_or("");
  uint64_t limit = 0;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  const uint64_t readers = snapshots == nullptr ? 0 : snapshots->connections;
  const uint64_t needed =
      kFeedConnections + (snapshots == nullptr ? 0 : readers + kRequestConnections);
  if (limit == 0 || limit >= needed) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const std::string account, AccountName(connection));
  if (limit < kFeedConnections) {
    findings.push_back(TooFewConnections(Severity::kError, account, {limit, needed},
                                         "2 of them to read the binlog"));
    return absl::OkStatus();
  }
  const std::string snapshot = limit == kFeedConnections ? "with 2 no snapshot can be read"
                                                         : "with fewer, snapshots are slower";
  findings.push_back(TooFewConnections(
      Severity::kWarning, account, {limit, needed},
      fmt::format("2 to read the binlog, {} for snapshots (snapshot.connections), 1 for requests; "
                  "{}",
                  readers, snapshot)));
  return absl::OkStatus();
}

}  // namespace millrace
