// SPDX-License-Identifier: Apache-2.0

#include "mysql/session_settings.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/connection.h"
#include "mysql/errors.h"
#include "spdlog/spdlog.h"

namespace millrace {
namespace {

using enum SessionSetting::Need;

constexpr std::string_view kNoLimit = "18446744073709551615";
// A query session is idle for as long as no table is new.
constexpr std::string_view kIdleSecondsMax = "86400";
// A reader takes rows as fast as the log takes them, which may be slow.
constexpr std::string_view kWriteSecondsMax = "600";
// Less than we wait for the answer to a query.
constexpr std::string_view kLockSecondsMax = "60";

// https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html
// https://mariadb.com/kb/en/server-system-variables/
constexpr std::array kSettings = {
    // Each SELECT sees the rows of its own time, and holds no metadata lock afterwards.
    SessionSetting{"autocommit", "ON"},
    SessionSetting{"completion_type", "NO_CHAIN"},
    // Only committed rows, without locking them. MariaDB renamed both variables in 11.1.
    SessionSetting{"transaction_isolation", "REPEATABLE-READ"},
    SessionSetting{"tx_isolation", "REPEATABLE-READ"},
    SessionSetting{"transaction_read_only", "ON"},
    SessionSetting{"tx_read_only", "ON"},
    // Quotes, operators and dates mean what we take them for.
    SessionSetting{"sql_mode", ""},
    SessionSetting{"time_zone", "+00:00"},
    SessionSetting{"character_set_client", "utf8mb4"},
    SessionSetting{"character_set_results", "utf8mb4"},
    SessionSetting{"character_set_connection", "utf8mb4"},
    // After the character set, which brings its own default collation.
    SessionSetting{"collation_connection", "utf8mb4_general_ci"},
    // We look for words in the text of some errors.
    SessionSetting{"lc_messages", "en_US"},
    // All rows are returned.
    SessionSetting{"sql_select_limit", kNoLimit},
    SessionSetting{"max_join_size", kNoLimit},
    SessionSetting{"sql_big_selects", "ON"},
    SessionSetting{"sql_safe_updates", "OFF"},
    SessionSetting{"sql_auto_is_null", "OFF"},
    // The whole value decides the order of keys.
    SessionSetting{"max_sort_length", "8388608"},
    // The source need not keep a copy of what we read.
    SessionSetting{"sql_buffer_result", "OFF", kPreferred},
    SessionSetting{"net_write_timeout", kWriteSecondsMax, kPreferred},
    SessionSetting{"wait_timeout", kIdleSecondsMax, kPreferred},
    SessionSetting{"lock_wait_timeout", kLockSecondsMax, kPreferred},

    // MySQL alone.
    SessionSetting{"max_execution_time", "0", kPreferred},
    // Estimates of now, not of a day ago.
    SessionSetting{"information_schema_stats_expiry", "0", kPreferred},
    // A key that the server generated is a column like any other.
    SessionSetting{"show_gipk_in_create_table_and_information_schema", "ON"},
    // A secondary engine lags.
    SessionSetting{"use_secondary_engine", "OFF"},
    // The text of a column's type has no comment on its format.
    SessionSetting{"show_old_temporals", "OFF"},
    // A condition on a key of many columns still uses the key.
    SessionSetting{"range_optimizer_max_mem_size", "0", kPreferred},

    // MariaDB alone.
    SessionSetting{"max_statement_time", "0.000000", kPreferred},
    SessionSetting{"idle_transaction_timeout", "0", kPreferred},
    SessionSetting{"idle_readonly_transaction_timeout", "0", kPreferred},
    SessionSetting{"idle_write_transaction_timeout", "0", kPreferred},
    // The rows of now, not those of the past.
    SessionSetting{"system_versioning_asof", "DEFAULT"},
    // Collations have their numbers, dates are compared as dates.
    SessionSetting{"old_mode", ""},
    SessionSetting{"query_cache_type", "OFF"},
    // A node that lost its cluster returns old rows.
    SessionSetting{"wsrep_dirty_reads", "OFF"},
};

constexpr std::array kRowReadingSettings = {
    // Text in the column's own character set.
    SessionSetting{"character_set_results", ""},
    // Dates that do not exist may be keys, which conditions name.
    SessionSetting{"sql_mode", "ALLOW_INVALID_DATES"},
};

// First, because init_connect may have set a character set in which we find no name in an answer.
constexpr std::string_view kReadableNames = "SET NAMES utf8mb4";
// Limits that the statements which prepare a session may reach themselves. Each server takes the
// variable of the other for a comment.
constexpr std::string_view kLiftLimits =
    "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_mode = ''"
    "/*!50708 , max_execution_time = 0 */ /*M!100101 , max_statement_time = 0 */";

using Values = std::map<std::string, std::string, std::less<>>;

// What the session has of the variables that `settings` name.
absl::StatusOr<Values> ReadValues(Connection& connection,
                                  std::span<const SessionSetting> settings) {
  std::string names;
  for (const SessionSetting& setting : settings) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", setting.name);
  }
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query(fmt::format("SHOW SESSION VARIABLES WHERE Variable_name IN ({})", names)));
  Values values;
  for (const QueryRow& row : rows.rows) {
    values[rows.Text(row, {"Variable_name"})] = rows.Text(row, {"Value"});
  }
  return values;
}

bool IsNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// The value as a statement gives it.
std::string Literal(const SessionSetting& setting) {
  if (IsNumber(setting.value) || setting.value == "ON" || setting.value == "OFF" ||
      setting.value == "DEFAULT") {
    return std::string(setting.value);
  }
  // The only name for no conversion.
  if (setting.name == "character_set_results" && setting.value.empty()) return "NULL";
  return QuotedText(setting.value);
}

}  // namespace

std::span<const SessionSetting> SessionSettings() { return kSettings; }
std::span<const SessionSetting> RowReadingSettings() { return kRowReadingSettings; }

absl::Status ApplySettings(Connection& connection, std::span<const SessionSetting> settings) {
  MILLRACE_ASSIGN_OR_RETURN(const Values before, ReadValues(connection, settings));
  std::string assignments;
  for (const SessionSetting& setting : settings) {
    const auto found = before.find(setting.name);
    // Also where it has the value: some variables cannot be set once they are off.
    if (found == before.end() || found->second == setting.value) continue;
    assignments +=
        fmt::format("{}{} = {}", assignments.empty() ? "" : ", ", setting.name, Literal(setting));
  }
  if (assignments.empty()) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(connection.Query("SET SESSION " + assignments).status());
  MILLRACE_ASSIGN_OR_RETURN(const Values after, ReadValues(connection, settings));
  for (const SessionSetting& setting : settings) {
    const auto found = after.find(setting.name);
    if (found == after.end() || found->second == setting.value) continue;
    if (setting.need == kExact) {
      return SessionRefused(connection.endpoint(), {setting.name, found->second, setting.value});
    }
    spdlog::debug("the source keeps {} = {} in our session", setting.name, found->second);
  }
  return absl::OkStatus();
}

absl::Status PrepareSession(Connection& connection) {
  MILLRACE_RETURN_IF_ERROR(connection.Query(kReadableNames).status());
  MILLRACE_RETURN_IF_ERROR(connection.Query(kLiftLimits).status());
  MILLRACE_RETURN_IF_ERROR(ApplySettings(connection, kSettings));
  // init_connect may have begun a transaction, whose reads would stay at its beginning.
  return connection.Query("ROLLBACK").status();
}

}  // namespace millrace
