// SPDX-License-Identifier: Apache-2.0

#include "support/worst_settings.h"

#include <utility>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

std::vector<WorstSetting> CommonSettings() {
  return {
      // Transactions.
      {"autocommit", "0"},
      {"completion_type", "'CHAIN'"},
      {"completion_type", "'RELEASE'"},
      // Text, dates and order.
      {"time_zone", "'+12:45'"},
      {"character_set_client", "'latin1'"},
      {"character_set_results", "'utf16'"},
      {"character_set_connection", "'latin1'"},
      {"collation_connection", "'latin1_german2_ci'"},
      {"lc_time_names", "'de_DE'"},
      {"max_sort_length", "64"},
      {"group_concat_max_len", "4"},
      {"div_precision_increment", "0"},
      {"default_week_format", "7"},
      {"sql_quote_show_create", "0"},
      // Rows of a result.
      {"sql_select_limit", "0"},
      {"sql_select_limit", "2"},
      {"max_join_size", "1"},
      {"sql_safe_updates", "1"},
      {"sql_auto_is_null", "1"},
      // Limits and methods.
      {"sql_buffer_result", "1"},
      {"net_write_timeout", "1"},
      {"net_read_timeout", "1"},
      {"wait_timeout", "1"},
      {"lock_wait_timeout", "1"},
      {"tmp_table_size", "1024"},
      {"max_heap_table_size", "16384"},
      {"sort_buffer_size", "32768"},
      {"join_buffer_size", "128"},
      {"session_track_system_variables", "'*'"},
      {"session_track_schema", "1"},
      {"session_track_state_change", "1"},
  };
}

std::vector<WorstSetting> MysqlSettings() {
  return {
      {"transaction_isolation", "'READ-UNCOMMITTED'"},
      {"transaction_isolation", "'SERIALIZABLE'"},
      {"sql_mode",
       "'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,"
       "NO_UNSIGNED_SUBTRACTION,TIME_TRUNCATE_FRACTIONAL,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
       "STRICT_ALL_TABLES'"},
      {"max_execution_time", "1"},
      {"information_schema_stats_expiry", "31536000"},
      {"show_gipk_in_create_table_and_information_schema", "0"},
      {"use_secondary_engine", "'FORCED'", /*session_only=*/true},
      {"range_optimizer_max_mem_size", "1"},
      {"eq_range_index_dive_limit", "1"},
      {"windowing_use_high_precision", "0"},
      {"session_track_gtids", "'ALL_GTIDS'"},
      {"session_track_transaction_info", "'CHARACTERISTICS'"},
      {"optimizer_switch",
       "'index_merge=off,mrr=on,mrr_cost_based=off,index_condition_pushdown=off,"
       "use_invisible_indexes=on,prefer_ordering_index=off,derived_merge=off'"},
  };
}

std::vector<WorstSetting> MariadbSettings() {
  return {
      {"tx_isolation", "'READ-UNCOMMITTED'"},
      {"tx_isolation", "'SERIALIZABLE'"},
      {"sql_mode",
       "'ORACLE,ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,"
       "NO_UNSIGNED_SUBTRACTION,EMPTY_STRING_IS_NULL,TIME_ROUND_FRACTIONAL,NO_ZERO_DATE,"
       "NO_ZERO_IN_DATE,STRICT_ALL_TABLES'"},
      {"sql_big_selects", "0"},
      {"max_statement_time", "0.001"},
      {"idle_transaction_timeout", "1"},
      {"idle_readonly_transaction_timeout", "1"},
      {"idle_write_transaction_timeout", "1"},
      {"system_versioning_asof", "'2001-01-01 00:00:00'"},
      {"old_mode", "'NO_DUP_KEY_WARNINGS_WITH_IGNORE,NO_PROGRESS_INFO,ZERO_DATE_TIME_CAST'"},
      {"wsrep_dirty_reads", "1"},
      {"wsrep_sync_wait", "15"},
      {"join_cache_level", "8"},
      {"in_predicate_conversion_threshold", "0"},
      {"use_stat_tables", "'NEVER'"},
      {"optimizer_switch",
       "'index_merge=off,mrr=on,mrr_cost_based=off,index_condition_pushdown=off,"
       "mrr_sort_keys=on,rowid_filter=off,derived_merge=off'"},
  };
}

}  // namespace

std::string InitConnect(const WorstSetting& setting) {
  return fmt::format("SET GLOBAL init_connect = \"SET SESSION {} = {}\"", setting.name,
                     setting.value);
}

GlobalSetting::GlobalSetting(SqlSession& root, const WorstSetting& setting)
    : root_(root), name_(setting.name) {
  root_.MustExecute(fmt::format("SET GLOBAL {} = {}", name_, setting.value));
}

GlobalSetting::~GlobalSetting() {
  root_.MustExecute(fmt::format("SET GLOBAL {} = DEFAULT", name_));
}

std::vector<WorstSetting> WorstSettings(Flavour flavour) {
  std::vector<WorstSetting> settings = CommonSettings();
  for (WorstSetting& setting : flavour == Flavour::kMysql ? MysqlSettings() : MariadbSettings()) {
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace millrace::testing
