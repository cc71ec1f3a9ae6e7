// SPDX-License-Identifier: Apache-2.0

#include "ingest/table_plans.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "model/quoted.h"
#include "schema/text_meaning.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {
namespace {

// The first column that may be a UUID or BINARY, or a time of row versions. Empty: there is none.
std::string ColumnOfUnknownType(const binlog::TableMap& map, const CaptureRules& rules) {
  const TableName table{std::string(map.database), std::string(map.table)};
  for (const binlog::ColumnMap& column : map.columns) {
    const bool is_time = column.type == ColumnType::kTimestamp2 &&
                         (column.name == "row_start" || column.name == "row_end");
    const bool is_text =
        schema::MayBeTextOrBinary(column.type, column.metadata, column.collation) &&
        rules.CapturesColumn(table, column.name);
    if (is_time || is_text) return std::string(column.name);
  }
  return "";
}

// A definition that is older than the commit of the rows applies to them.
bool IsDefinedBefore(const TableDetails& details, int64_t commit_seconds) {
  return details.defined_seconds != 0 && details.defined_seconds < commit_seconds;
}

absl::Status ColumnTypeUnproven(const TableName& table, const std::string& column) {
  return MakeError(
      reason::kSchemaUnproven,
      fmt::format(
          "table {}: MariaDB's binlog and the log lack the type of column {} (UUID, INET or "
          "BINARY; time of a row version or TIMESTAMP), and a later statement may have changed "
          "it at the source; to continue, exclude the table with "
          "source.tables, or a UUID or INET with source.exclude_columns, and include it "
          "again later",
          Quoted(table.ToString()), Quoted(column)),
      {{"table", table.ToString()}, {"column", column}});
}

}  // namespace

absl::Status TablePlans::Map(std::string_view body, int64_t commit_seconds, Sequence next) {
  MILLRACE_ASSIGN_OR_RETURN(const uint64_t id, binlog::ParseTableMapId(body));
  Entry& entry = entries_[id];
  if (entry.map == body) return absl::OkStatus();
  const absl::Status status = Compile(body, commit_seconds, next, entry);
  if (!status.ok()) entries_.erase(id);
  return status;
}

absl::Status TablePlans::Compile(std::string_view body, int64_t commit_seconds, Sequence next,
                                 Entry& entry) {
  MILLRACE_ASSIGN_OR_RETURN(const binlog::TableMap map, binlog::ParseTableMap(body, flavour_));
  const auto skip = [&] {
    entry = {.map = std::string(body), .plan = nullptr, .counters = nullptr};
    return absl::OkStatus();
  };
  if (!rules_.Captures(map.database, map.table)) return skip();
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<TableDetails> details, DetailsFor(map));
  if (IsSequence(map, details)) {
    NoteSequence({std::string(map.database), std::string(map.table)});
    return skip();
  }
  if (details.has_value() && details->merge) {
    NoteMerge(*details);
    MILLRACE_RETURN_IF_ERROR(skip());
    return FillMerged(*details, commit_seconds, entry);
  }
  MILLRACE_ASSIGN_OR_RETURN(
      MergeTables::Members merged,
      FormerMembers({std::string(map.database), std::string(map.table)}, details, commit_seconds));
  if (details.has_value()) {
    MILLRACE_RETURN_IF_ERROR(CheckDetails(map, *details, commit_seconds));
  }
  MILLRACE_ASSIGN_OR_RETURN(
      const schema::TableVersionPtr table,
      registry_.Resolve(map, details.has_value() ? &*details : nullptr, next));
  MILLRACE_ASSIGN_OR_RETURN(auto plan, transcode::RowPlan::Compile(map, table));
  entry = {.map = std::string(body),
           .plan = std::move(plan),
           .counters = counters_.For(table->name),
           .merged = std::move(merged)};
  return absl::OkStatus();
}

// A MariaDB SEQUENCE is a table with one row; each event INSERTs another version of it.
bool TablePlans::IsSequence(const binlog::TableMap& map,
                            const std::optional<TableDetails>& details) const {
  if (flavour_ != Flavour::kMariadb) return false;
  if (details.has_value()) return details->sequence;
  constexpr std::string_view kColumns[] = {
      "next_not_cached_value", "minimum_value", "maximum_value",
      "start_value",           "increment",     "cache_size",
      "cycle_option",          "cycle_count"};
  return map.has_names &&
         std::equal(map.columns.begin(), map.columns.end(), std::begin(kColumns),
                    std::end(kColumns),
                    [](const auto& column, std::string_view name) { return column.name == name; });
}

void TablePlans::NoteSequence(const TableName& name) {
  if (!logged_tables_.insert(name).second) return;
  spdlog::info("{} is a sequence: its values are not captured", name.ToString());
}

void TablePlans::NoteMerge(const TableDetails& details) {
  if (!logged_tables_.insert(details.name).second) return;
  spdlog::warn(
      "{} is a MERGE table: rows written through it are not delivered, and its member tables must "
      "be read again before a subscription can start at SNAPSHOT; write to those tables instead",
      details.name.ToString());
}

void TablePlans::NoteUnknownMerge(const TableName& table) const {
  spdlog::warn(
      "rows were written through the MERGE table {} when its member tables were unknown, since it "
      "was redefined later: all tables must be read again before a subscription can start at "
      "SNAPSHOT",
      table.ToString());
}

absl::StatusOr<bool> TablePlans::AppliesToRows(const TableDetails& details,
                                               int64_t commit_seconds) const {
  if (IsDefinedBefore(details, commit_seconds)) return true;
  MILLRACE_ASSIGN_OR_RETURN(const bool redefined,
                            redefined_later_(details.name, RedefinedPart::kAnything));
  return !redefined;
}

absl::Status TablePlans::FillMerged(const TableDetails& details, int64_t commit_seconds,
                                    Entry& entry) {
  if (merge_tables_.Find(details.name) == nullptr) {
    MILLRACE_ASSIGN_OR_RETURN(const bool applies_to_rows, AppliesToRows(details, commit_seconds));
    entry.merged_unknown = !applies_to_rows;
    if (applies_to_rows) merge_tables_.Set(details.name, details.merged);
  }
  if (entry.merged_unknown) {
    NoteUnknownMerge(details.name);
    return absl::OkStatus();
  }
  entry.merged = *merge_tables_.Find(details.name);
  // It may have been an ordinary table when these rows were written.
  if (registry_.HasVersion(details.name)) entry.merged.push_back(details.name);
  return absl::OkStatus();
}

absl::StatusOr<MergeTables::Members> TablePlans::FormerMembers(
    const TableName& table, const std::optional<TableDetails>& details, int64_t commit_seconds) {
  const MergeTables::Members* members = merge_tables_.Find(table);
  if (members == nullptr) return MergeTables::Members();
  if (details.has_value()) {
    MILLRACE_ASSIGN_OR_RETURN(const bool applies_to_rows, AppliesToRows(*details, commit_seconds));
    if (applies_to_rows) {
      merge_tables_.Forget(table);
      return MergeTables::Members();
    }
  }
  return *members;
}

absl::StatusOr<std::optional<TableDetails>> TablePlans::DetailsFor(const binlog::TableMap& map) {
  const TableName name{std::string(map.database), std::string(map.table)};
  auto details = fetch_(name);
  // If the map contains everything that values depend on, details are optional and must not stop
  // the feed.
  if (!details.ok() && !registry_.NeedsDetails(map)) return std::optional<TableDetails>();
  return details;
}

// An ALTER may swap two columns of one type: the event then matches the current definition by count
// and types, and its values would get the wrong names.
absl::Status TablePlans::CheckDetails(const binlog::TableMap& map, const TableDetails& details,
                                      int64_t commit_seconds) const {
  if (IsDefinedBefore(details, commit_seconds)) return absl::OkStatus();
  if (!registry_.NeedsDetails(map)) return absl::OkStatus();
  if (map.has_names) return CheckColumnTypes(map, details.name);
  MILLRACE_ASSIGN_OR_RETURN(const bool applies_to_rows, AppliesToRows(details, commit_seconds));
  if (applies_to_rows) return absl::OkStatus();
  return MakeError(reason::kSchemaUnproven,
                   fmt::format("table {} was redefined after this change, and the event does not "
                               "name its columns; run SET GLOBAL binlog_row_metadata = FULL on the "
                               "source, and exclude the table with source.tables to continue",
                               details.name.ToString()),
                   {{"table", details.name.ToString()}});
}

absl::Status TablePlans::CheckColumnTypes(const binlog::TableMap& map,
                                          const TableName& table) const {
  if (flavour_ != Flavour::kMariadb || registry_.KnownMeanings(table).has_value()) {
    return absl::OkStatus();
  }
  const std::string column = ColumnOfUnknownType(map, rules_);
  if (column.empty()) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const bool redefined,
                            redefined_later_(table, RedefinedPart::kColumnTypes));
  return redefined ? ColumnTypeUnproven(table, column) : absl::OkStatus();
}

TablePlans::Entry* TablePlans::Find(uint64_t table_id) {
  const auto found = entries_.find(table_id);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace millrace::ingest
