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
// A query session stays idle until a new table appears.
constexpr std::string_view kIdleSecondsMax = "86400";
// A reader reads rows only as fast as the log accepts them, which may be slow.
constexpr std::string_view kWriteSecondsMax = "600";
// Less than our timeout for a query.
constexpr std::string_view kLockSecondsMax = "60";

// https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html
// https://mariadb.com/kb/en/server-system-variables/
constexpr std::array kSettings = {
    // Each SELECT sees the newest rows, and holds no metadata lock afterwards.
    SessionSetting{"autocommit", "ON"},
    SessionSetting{"completion_type", "NO_CHAIN"},
    // Only committed rows, without locking them. MariaDB renamed both variables in 11.1.
    SessionSetting{"transaction_isolation", "REPEATABLE-READ"},
    SessionSetting{"tx_isolation", "REPEATABLE-READ"},
    SessionSetting{"transaction_read_only", "ON"},
    SessionSetting{"tx_read_only", "ON"},
    // Quotes, operators and dates mean what our statements expect.
    SessionSetting{"sql_mode", ""},
    SessionSetting{"time_zone", "+00:00"},
    SessionSetting{"character_set_client", "utf8mb4"},
    SessionSetting{"character_set_results", "utf8mb4"},
    SessionSetting{"character_set_connection", "utf8mb4"},
    // Set after the character set, which also sets its default collation.
    SessionSetting{"collation_connection", "utf8mb4_general_ci"},
    // We match the English text of some errors.
    SessionSetting{"lc_messages", "en_US"},
    // All rows are returned.
    SessionSetting{"sql_select_limit", kNoLimit},
    SessionSetting{"max_join_size", kNoLimit},
    SessionSetting{"sql_big_selects", "ON"},
    SessionSetting{"sql_safe_updates", "OFF"},
    SessionSetting{"sql_auto_is_null", "OFF"},
    // Sort keys by their whole value.
    SessionSetting{"max_sort_length", "8388608"},
    // The source does not buffer a copy of the result.
    SessionSetting{"sql_buffer_result", "OFF", kPreferred},
    SessionSetting{"net_write_timeout", kWriteSecondsMax, kPreferred},
    SessionSetting{"wait_timeout", kIdleSecondsMax, kPreferred},
    SessionSetting{"lock_wait_timeout", kLockSecondsMax, kPreferred},

    // MySQL only.
    SessionSetting{"max_execution_time", "0", kPreferred},
    // Current estimates, not cached ones up to a day old.
    SessionSetting{"information_schema_stats_expiry", "0", kPreferred},
    // Show a generated invisible primary key like any other column.
    SessionSetting{"show_gipk_in_create_table_and_information_schema", "ON"},
    // A secondary engine lags.
    SessionSetting{"use_secondary_engine", "OFF"},
    // The text of a column's type contains no comment on its format.
    SessionSetting{"show_old_temporals", "OFF"},
    // A condition on a key with many columns still uses the key.
    SessionSetting{"range_optimizer_max_mem_size", "0", kPreferred},

    // MariaDB only.
    SessionSetting{"max_statement_time", "0.000000", kPreferred},
    SessionSetting{"idle_transaction_timeout", "0", kPreferred},
    SessionSetting{"idle_readonly_transaction_timeout", "0", kPreferred},
    SessionSetting{"idle_write_transaction_timeout", "0", kPreferred},
    // Current rows, not past versions.
    SessionSetting{"system_versioning_asof", "DEFAULT"},
    // Collations have ids, and dates are compared as dates.
    SessionSetting{"old_mode", ""},
    SessionSetting{"query_cache_type", "OFF"},
    // A node that lost its cluster would return old rows.
    SessionSetting{"wsrep_dirty_reads", "OFF"},
};

constexpr std::array kRowReadingSettings = {
    // Text in the column's own character set.
    SessionSetting{"character_set_results", ""},
    // Invalid dates may be keys, and conditions contain them.
    SessionSetting{"sql_mode", "ALLOW_INVALID_DATES"},
};

// Runs first: init_connect may have set a character set in which we cannot find a name in a result.
constexpr std::string_view kReadableNames = "SET NAMES utf8mb4";
// Removes limits that the statements of PrepareSession could exceed. Each server reads the other's
// variable as a comment.
constexpr std::string_view kLiftLimits =
    "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_mode = ''"
    "/*!50708 , max_execution_time = 0 */ /*M!100101 , max_statement_time = 0 */";

using Values = std::map<std::string, std::string, std::less<>>;

// The session's values of the variables in `settings`, without those that the server lacks.
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

// The value as an SQL literal.
std::string Literal(const SessionSetting& setting) {
  if (IsNumber(setting.value) || setting.value == "ON" || setting.value == "OFF" ||
      setting.value == "DEFAULT") {
    return std::string(setting.value);
  }
  // NULL is the only way to set no conversion.
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
    // Skip values that are right already: some variables cannot be set once they are off.
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
  // init_connect may have started a transaction, in which we would see only the rows of its start.
  return connection.Query("ROLLBACK").status();
}

}  // namespace millrace
