// SPDX-License-Identifier: Apache-2.0

#include "mysql/read_marks.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/current_position.h"

namespace millrace {
namespace {

// A waiting statement must return before the connection counts as silent.
constexpr Micros kSingleWaitMax = Micros{30} * 1'000'000;

std::optional<uint64_t> ParseWholeNumber(const std::string& text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

absl::Status NotVisible(const Connection& connection, Micros timeout) {
  return MakeError(
      reason::kSnapshotNotVisible,
      fmt::format("at the source {} queries do not see transactions of its binlog after {} ms; a "
                  "transaction is delayed between binlog and engine there, for example while "
                  "semi-synchronous replication waits for a replica",
                  connection.endpoint(), timeout / 1000),
      {{"source", connection.endpoint()}});
}

// The exact place of this session's transaction in the binlog, if the server reports it.
absl::StatusOr<std::optional<BinlogPlace>> SnapshotPlace(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            connection.Query("SHOW SESSION STATUS LIKE 'binlog\\_snapshot\\_%'"));
  BinlogPlace place;
  for (const QueryRow& row : rows.rows) {
    std::string name = rows.Text(row, {"Variable_name"});
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string value = rows.Text(row, {"Value"});
    if (name == "binlog_snapshot_file") place.file = value;
    if (name == "binlog_snapshot_position") place.offset = ParseWholeNumber(value).value_or(0);
  }
  if (place.file.empty() || place.offset == 0) return std::nullopt;
  return place;
}

// The lag of the slowest channel. Nothing if no channel reports a lag, or the account lacks the
// privilege.
absl::StatusOr<std::optional<uint64_t>> ReplicationLag(Connection& connection) {
  const ServerInfo& server = connection.info();
  std::string_view sql = "SHOW SLAVE STATUS";
  if (server.flavour == Flavour::kMariadb) sql = "SHOW ALL SLAVES STATUS";
  if (server.flavour == Flavour::kMysql && server.version >= 80022) sql = "SHOW REPLICA STATUS";
  const auto rows = connection.Query(sql);
  if (absl::IsPermissionDenied(rows.status())) return std::nullopt;
  MILLRACE_RETURN_IF_ERROR(rows.status());
  std::optional<uint64_t> lag;
  for (const QueryRow& row : rows->rows) {
    const auto seconds =
        ParseWholeNumber(rows->Text(row, {"Seconds_Behind_Source", "Seconds_Behind_Master"}));
    if (seconds.has_value()) lag = std::max(lag.value_or(0), *seconds);
  }
  return lag;
}

}  // namespace

absl::StatusOr<BinlogMark> BinlogEnd(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows status, BinlogStatus(connection));
  BinlogMark end;
  MILLRACE_ASSIGN_OR_RETURN(end.place, ParsePlace(connection, status));
  if (connection.info().flavour != Flavour::kMariadb) return end;
  MILLRACE_ASSIGN_OR_RETURN(end.gtids, WrittenGtids(connection));
  return end;
}

absl::Status WaitUntilExecuted(Connection& connection, const GtidSet& gtids, Micros timeout) {
  if (gtids.empty()) return absl::OkStatus();
  const std::string set = QuotedText(gtids.ToString());
  const std::string has = fmt::format("SELECT GTID_SUBSET({}, @@global.gtid_executed)", set);
  const Micros deadline = Clock::System().SteadyMicros() + timeout;
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const auto executed, connection.QueryValue(has));
    if (executed == "1") return absl::OkStatus();
    const Micros left = deadline - Clock::System().SteadyMicros();
    if (left <= 0) return NotVisible(connection, timeout);
    // Never 0: that would wait forever.
    const double seconds = static_cast<double>(std::min(left, kSingleWaitMax)) / 1e6;
    const auto waited = connection.QueryValue(
        fmt::format("SELECT WAIT_FOR_EXECUTED_GTID_SET({}, {:.6f})", set, seconds));
    // A limit of the session may end the statement before the statement's own timeout.
    if (waited.ok() || absl::IsDeadlineExceeded(waited.status())) continue;
    return waited.status();
  }
}

absl::StatusOr<std::optional<BinlogPlace>> BeginConsistentRead(Connection& connection) {
  // The session's isolation level is REPEATABLE READ. At a lower level each query would see its own
  // state.
  MILLRACE_RETURN_IF_ERROR(
      connection.Query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").status());
  if (connection.info().flavour != Flavour::kMariadb) return std::nullopt;
  return SnapshotPlace(connection);
}

absl::Status EndConsistentRead(Connection& connection) {
  return connection.Query("COMMIT").status();
}

absl::StatusOr<SourceLoad> FetchSourceLoad(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            connection.Query("SHOW GLOBAL STATUS LIKE 'Threads\\_running'"));
  SourceLoad load;
  for (const QueryRow& row : rows.rows) {
    load.threads_running = ParseWholeNumber(rows.Text(row, {"Value"})).value_or(0);
  }
  MILLRACE_ASSIGN_OR_RETURN(load.replication_lag_seconds, ReplicationLag(connection));
  return load;
}

}  // namespace millrace
