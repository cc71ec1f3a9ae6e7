// SPDX-License-Identifier: Apache-2.0

#include "mysql/anonymous_transactions.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/query_rows.h"

namespace millrace {
namespace {

constexpr uint64_t kOffsetOfFirstEvent = 4;
// A file begins with FORMAT_DESCRIPTION, PREVIOUS_GTIDS and the GTID event of its first
// transaction.
constexpr int kEventsUpToFirstTransaction = 3;

absl::StatusOr<bool> StartsWithAnonymous(Connection& connection, const std::string& file,
                                         uint64_t offset) {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows events,
      connection.Query(fmt::format("SHOW BINLOG EVENTS IN {} FROM {} LIMIT {}", QuotedText(file),
                                   offset, kEventsUpToFirstTransaction)));
  for (const QueryRow& event : events.rows) {
    if (events.Text(event, {"Event_type"}) == "Anonymous_Gtid") return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<bool> AnonymousTransactionsFollow(Connection& connection,
                                                 const SourcePosition& ours) {
  if (ours.file.empty()) return false;
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows files, connection.Query("SHOW BINARY LOGS"));
  bool reached = false;
  for (const QueryRow& row : files.rows) {
    const std::string file = files.Text(row, {"Log_name"});
    reached = reached || file == ours.file;
    if (!reached) continue;
    const uint64_t from =
        file == ours.file ? std::max(ours.offset, kOffsetOfFirstEvent) : kOffsetOfFirstEvent;
    MILLRACE_ASSIGN_OR_RETURN(const bool anonymous, StartsWithAnonymous(connection, file, from));
    if (anonymous) return true;
  }
  return false;
}

}  // namespace millrace
