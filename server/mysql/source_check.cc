// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_check.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/connection_limit.h"
#include "mysql/current_position.h"
#include "mysql/errors.h"
#include "mysql/grant_check.h"
#include "mysql/pattern_check.h"

namespace millrace {
namespace {

// With less than a day, even a short outage of millraced loses changes.
constexpr uint64_t kExpireSecondsMin = 86'400;

// The global variables that the server has, by name.
using Variables = std::map<std::string, std::string>;

// The input of the checks, and their findings.
struct CheckContext {
  const ServerInfo& server;
  const Variables& variables;
  std::vector<Finding>& findings;

  bool mysql() const { return server.flavour == Flavour::kMysql; }
  bool Has(const std::string& name) const { return variables.contains(name); }
  std::string Value(const std::string& name) const {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  }
  uint64_t Number(const std::string& name) const {
    const std::string text = Value(name);
    uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  // SET PERSIST if the server has it. MariaDB loses the value at a restart, so there the
  // configuration file needs the line as well.
  std::string Set(std::string_view variable, std::string_view value) const {
    const bool persists = mysql() && server.version >= 80000;
    return fmt::format("SET {} {} = {};", persists ? "PERSIST" : "GLOBAL", variable, value);
  }
  void Error(std::string_view code, std::string message, std::string remedy) const {
    findings.push_back(
        {Severity::kError, std::string(code), std::move(message), std::move(remedy)});
  }
  void Warn(std::string_view code, std::string message, std::string remedy) const {
    findings.push_back(
        {Severity::kWarning, std::string(code), std::move(message), std::move(remedy)});
  }
};

absl::StatusOr<Variables> ReadVariables(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', "
                       "'binlog_row_image', 'binlog_row_metadata', 'binlog_row_value_options', "
                       "'binlog_expire_logs_seconds', 'expire_logs_days', 'sync_binlog', "
                       "'innodb_flush_log_at_trx_commit', 'enforce_gtid_consistency', 'gtid_mode', "
                       "'gtid_strict_mode', 'binlog_checksum', 'rpl_semi_sync_source_enabled', "
                       "'rpl_semi_sync_source_timeout', 'rpl_semi_sync_master_enabled', "
                       "'rpl_semi_sync_master_timeout')"));
  Variables variables;
  for (const QueryRow& row : rows.rows) {
    variables[rows.Text(row, {"Variable_name"})] = rows.Text(row, {"Value"});
  }
  return variables;
}

void CheckVersion(const CheckContext& check) {
  const uint32_t oldest = check.mysql() ? 50700 : 100300;
  if (check.server.version >= oldest) return;
  check.Error(
      "VERSION_TOO_OLD",
      fmt::format("version {} is older than any supported version", check.server.version_text),
      check.mysql() ? "upgrade the server to MySQL 8.0 or later"
                    : "upgrade the server to MariaDB 10.5 or later");
}

void CheckBinlog(const CheckContext& check) {
  if (check.Value("log_bin") != "ON") {
    check.Error("LOG_BIN_OFF", "the server writes no binlog", "log_bin = binlog");
  }
  const std::string format = check.Value("binlog_format");
  if (check.Has("binlog_format") && format != "ROW") {
    check.Error(
        "BINLOG_FORMAT_NOT_ROW",
        fmt::format("binlog_format is {}: statements do not record which rows they changed; "
                    "open sessions keep the old value",
                    format),
        check.Set("binlog_format", "ROW"));
  }
  const std::string image = check.Value("binlog_row_image");
  if (check.Has("binlog_row_image") && image != "FULL" && image != "FULL_NODUP") {
    check.Warn(
        "BINLOG_ROW_IMAGE_NOT_FULL",
        fmt::format("binlog_row_image is {}: changes arrive without some of their columns", image),
        check.Set("binlog_row_image", "FULL"));
  }
}

void CheckRowMetadata(const CheckContext& check) {
  if (!check.Has("binlog_row_metadata")) {
    check.Warn("BINLOG_ROW_METADATA_MISSING",
               fmt::format("version {} cannot write column names to the binlog: the feed stops if "
                           "a table is altered before its earlier changes are read",
                           check.server.version_text),
               check.mysql() ? "upgrade the server to MySQL 8.0 or later"
                             : "upgrade the server to MariaDB 10.5 or later");
    return;
  }
  if (check.Value("binlog_row_metadata") == "FULL") return;
  check.Warn(
      "BINLOG_ROW_METADATA_NOT_FULL",
      fmt::format("binlog_row_metadata is {}: the feed stops if a table is altered before its "
                  "earlier changes are read",
                  check.Value("binlog_row_metadata")),
      check.Set("binlog_row_metadata", "FULL"));
}

void CheckGtids(const CheckContext& check) {
  if (!check.mysql()) {
    if (check.Value("gtid_strict_mode") == "ON") return;
    check.Warn("GTID_STRICT_MODE_OFF",
               "gtid_strict_mode is OFF: GTID numbers may decrease, and a GTID position may be "
               "ambiguous",
               check.Set("gtid_strict_mode", "ON"));
    return;
  }
  if (check.server.gtids()) return;
  // The server allows only one step at a time, in the order of the modes.
  const std::string& mode = check.server.gtid_mode;
  const std::string enforced = check.Value("enforce_gtid_consistency");
  std::string remedy = check.Set("gtid_mode", mode == "OFF"              ? "OFF_PERMISSIVE"
                                              : mode == "OFF_PERMISSIVE" ? "ON_PERMISSIVE"
                                                                         : "ON");
  if (enforced != "ON") remedy = check.Set("enforce_gtid_consistency", "ON");
  check.Warn(
      "GTID_MODE_OFF",
      fmt::format("gtid_mode is {}, enforce_gtid_consistency {}: the feed cannot continue on "
                  "another server after a failover; change one step at a time until "
                  "gtid_mode is ON",
                  mode, enforced),
      remedy);
}

// Semi-synchronous replication delays a transaction between binlog and engine until a replica has
// it or the timeout has passed. Without GTIDs a snapshot cannot check for the transaction, so it
// waits for settle_time, which must exceed the timeout.
void CheckSettleTime(const CheckContext& check, const SnapshotOptions& snapshots) {
  if (!check.mysql() || check.server.gtids()) return;
  for (const std::string prefix : {"rpl_semi_sync_source_", "rpl_semi_sync_master_"}) {
    if (check.Value(prefix + "enabled") != "ON") continue;
    const uint64_t milliseconds = check.Number(prefix + "timeout");
    if (static_cast<uint64_t>(snapshots.settle_time) / 1000 > milliseconds) continue;
    check.Warn(
        "SETTLE_TIME_TOO_SHORT",
        fmt::format("{}timeout is {} ms and snapshot.settle_time is not longer: without GTIDs a "
                    "snapshot may miss a transaction that waits for a replica",
                    prefix, milliseconds),
        fmt::format("snapshot.settle_time: {}s", milliseconds / 1000 + 5));
  }
}

void CheckRetention(const CheckContext& check) {
  const uint64_t days = check.Number("expire_logs_days");
  uint64_t seconds = check.Number("binlog_expire_logs_seconds");
  const bool by_days = !check.Has("binlog_expire_logs_seconds");
  if (by_days || seconds == 0) seconds = days * 24 * 3600;
  // 0: the server keeps files until somebody purges them.
  if (seconds != 0 && seconds < kExpireSecondsMin) {
    check.Warn("BINLOG_EXPIRES_EARLY",
               fmt::format("binlogs are deleted after {} s: a longer outage of the feed "
                           "loses changes",
                           seconds),
               check.Set("binlog_expire_logs_seconds", "604800"));
  }
}

void CheckDurability(const CheckContext& check) {
  if (check.Value("sync_binlog") != "1") {
    check.Warn("SYNC_BINLOG_NOT_1",
               fmt::format("sync_binlog is {}: a crash of the source's machine can undo "
                           "transactions that the feed has delivered",
                           check.Value("sync_binlog")),
               check.Set("sync_binlog", "1"));
  }
  if (check.Has("innodb_flush_log_at_trx_commit") &&
      check.Value("innodb_flush_log_at_trx_commit") != "1") {
    check.Warn("INNODB_FLUSH_NOT_1",
               "innodb_flush_log_at_trx_commit is not 1: a crash of the source's machine can undo "
               "transactions that the feed has delivered",
               check.Set("innodb_flush_log_at_trx_commit", "1"));
  }
}

void CheckServerIds(const CheckContext& check, const SourceOptions& options) {
  if (check.server.server_id == 0) {
    check.Error("SERVER_ID_ZERO", "the source's server_id is 0, so it rejects replicas",
                check.Set("server_id", "1"));
  }
  if (options.server_id != 0 && options.server_id == check.server.server_id) {
    check.Error(
        "SERVER_ID_OF_SOURCE",
        fmt::format("source.server_id is {}, the id of the source itself", options.server_id),
        "source.server_id: 0");
  }
}

// Listing replicas needs REPLICATION SLAVE. If it is missing, CheckGrants has added a finding.
absl::Status CheckReplicas(Connection& connection, const CheckContext& check,
                           const SourceOptions& options) {
  if (options.server_id == 0) return absl::OkStatus();
  const bool renamed = check.mysql() && check.server.version >= 80022;
  const auto replicas = connection.Query(renamed ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");
  if (absl::IsPermissionDenied(replicas.status())) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(replicas.status());
  const std::string ours = fmt::format("{}", options.server_id);
  for (const QueryRow& row : replicas->rows) {
    if (replicas->Text(row, {"Server_Id"}) != ours) continue;
    check.Warn("SERVER_ID_IN_USE",
               fmt::format("a replica with server id {} is connected from {}: unless it is this "
                           "feed, each of the two will end the other's dump",
                           ours, replicas->Text(row, {"Host"})),
               "source.server_id: 0");
  }
  return absl::OkStatus();
}

absl::Status CheckFilters(Connection& connection, const CheckContext& check) {
  const auto status = BinlogStatus(connection);
  if (absl::IsPermissionDenied(status.status())) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(status.status());
  for (const QueryRow& row : status->rows) {
    for (const std::string_view filter : {"Binlog_Do_DB", "Binlog_Ignore_DB"}) {
      const std::string databases = status->Text(row, {filter});
      if (databases.empty()) continue;
      const std::string_view option =
          filter == "Binlog_Do_DB" ? "binlog_do_db" : "binlog_ignore_db";
      check.Warn(
          "BINLOG_FILTERED",
          fmt::format("{} = {}: changes of filtered databases never reach the binlog, and the "
                      "filter uses the session's default database, not the table's",
                      option, databases),
          fmt::format("remove {} from the server's configuration", option));
    }
  }
  return absl::OkStatus();
}

// Reports a pattern with an upper case letter, which would silently match nothing.
void CheckPattern(const CheckContext& check, const NameFolding& names, std::string_view option,
                  std::string_view pattern, std::string_view table_pattern) {
  const auto folded = names.Fold(table_pattern);
  if (!folded.has_value() || *folded == table_pattern) return;
  check.Error("PATTERN_NOT_LOWER_CASE",
              fmt::format("{} has '{}', which no table matches: the source stores all names of "
                          "databases and tables in lower case (lower_case_table_names = 1)",
                          option, pattern),
              fmt::format("{}: \"{}{}\"", option, *folded, pattern.substr(table_pattern.size())));
}

}  // namespace

std::vector<Finding> CheckNames(const ServerInfo& server, const NameFolding& names,
                                const SourceOptions& options, const SnapshotOptions* snapshots) {
  std::vector<Finding> findings;
  const Variables none;
  const CheckContext check{server, none, findings};
  if (server.lower_case_table_names == 2) {
    check.Error("LOWER_CASE_TABLE_NAMES_2",
                "lower_case_table_names is 2: statements, row events and information_schema spell "
                "the name of one table differently, so changes cannot be assigned to a table",
                "use a server that was set up with lower_case_table_names = 0 or 1");
  }
  for (const std::string& pattern : options.tables) {
    CheckPattern(check, names, "source.tables", pattern, pattern);
  }
  for (const std::string& pattern : options.exclude_columns) {
    CheckPattern(check, names, "source.exclude_columns", pattern, WithoutColumn(pattern));
  }
  if (snapshots == nullptr) return findings;
  for (const std::string& pattern : snapshots->tables) {
    CheckPattern(check, names, "snapshot.tables", pattern, pattern);
  }
  return findings;
}

absl::StatusOr<std::vector<Finding>> CheckSource(Connection& connection,
                                                 const SourceOptions& options,
                                                 const SnapshotOptions* snapshots) {
  MILLRACE_ASSIGN_OR_RETURN(const NameFolding names, FetchNameFolding(connection));
  std::vector<Finding> findings = CheckNames(connection.info(), names, options, snapshots);
  MILLRACE_ASSIGN_OR_RETURN(const Variables variables, ReadVariables(connection));
  const CheckContext check{connection.info(), variables, findings};
  CheckVersion(check);
  CheckBinlog(check);
  MILLRACE_RETURN_IF_ERROR(CheckGrants(connection, options, findings));
  MILLRACE_RETURN_IF_ERROR(CheckConnectionLimit(connection, snapshots, findings));
  CheckServerIds(check, options);
  MILLRACE_RETURN_IF_ERROR(CheckReplicas(connection, check, options));
  MILLRACE_RETURN_IF_ERROR(CheckFilters(connection, check));
  CheckRowMetadata(check);
  CheckGtids(check);
  CheckRetention(check);
  CheckDurability(check);
  if (snapshots != nullptr) CheckSettleTime(check, *snapshots);
  MILLRACE_RETURN_IF_ERROR(CheckPatternsMatch(connection, options, snapshots, findings));
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& one, const Finding& other) {
    return one.severity < other.severity;
  });
  return findings;
}

absl::Status FindingsStatus(const std::vector<Finding>& findings, const std::string& endpoint) {
  std::string text;
  bool grants_only = true;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::kError) continue;
    grants_only = grants_only && finding.code == kGrantMissing;
    text += fmt::format("{}{}; fix it with: {}", text.empty() ? "" : " ", finding.message,
                        finding.remedy);
  }
  if (text.empty()) return absl::OkStatus();
  return MakeError(grants_only ? reason::kSourceAccessDenied : reason::kSourceMisconfigured,
                   fmt::format("the source {} is not suitable for a feed: {}", endpoint, text),
                   {{"source", endpoint}});
}

}  // namespace millrace
