// SPDX-License-Identifier: Apache-2.0

#include "ingest/table_plans.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {

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
    entry.merged = details->merged;
    // It may have been an ordinary table when these rows were written.
    if (registry_.HasVersion(details->name)) entry.merged.push_back(details->name);
    return absl::OkStatus();
  }
  if (details.has_value()) {
    MILLRACE_RETURN_IF_ERROR(CheckDetails(map, *details, commit_seconds));
  }
  MILLRACE_ASSIGN_OR_RETURN(
      const schema::TableVersionPtr table,
      registry_.Resolve(map, details.has_value() ? &*details : nullptr, next));
  MILLRACE_ASSIGN_OR_RETURN(auto plan, transcode::RowPlan::Compile(map, table));
  entry = {
      .map = std::string(body), .plan = std::move(plan), .counters = counters_.For(table->name)};
  return absl::OkStatus();
}

// A SEQUENCE of MariaDB is a table of one row, of which each event INSERTs another form.
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
  if (!sequences_.insert(name).second) return;
  spdlog::info("{} is a sequence: its values are not captured", name.ToString());
}

void TablePlans::NoteMerge(const TableDetails& details) {
  if (!sequences_.insert(details.name).second) return;
  spdlog::warn(
      "{} is a MERGE table: rows written through it are not delivered, and the tables that it "
      "shows must be read again before a start at SNAPSHOT; write to those tables instead",
      details.name.ToString());
}

absl::StatusOr<std::optional<TableDetails>> TablePlans::DetailsFor(const binlog::TableMap& map) {
  const TableName name{std::string(map.database), std::string(map.table)};
  auto details = fetch_(name);
  // Where the map says all that values depend on, the rest is a nicety that must not stop the feed.
  if (!details.ok() && !registry_.NeedsDetails(map)) return std::optional<TableDetails>();
  return details;
}

// An ALTER may swap two columns of one type: the event then fits today's definition by count and
// types, and its values would go under wrong names.
absl::Status TablePlans::CheckDetails(const binlog::TableMap& map, const TableDetails& details,
                                      int64_t commit_seconds) const {
  if (map.has_names || !registry_.NeedsDetails(map)) return absl::OkStatus();
  if (details.defined_seconds != 0 && details.defined_seconds < commit_seconds) {
    return absl::OkStatus();
  }
  // The definition of this very second is the one that the stream told of.
  if (details.defined_seconds == commit_seconds && redefined_.contains(details.name)) {
    return absl::OkStatus();
  }
  return MakeError(absl::StatusCode::kFailedPrecondition, "SCHEMA_UNPROVEN",
                   fmt::format("table {} was redefined after this change, and the event does not "
                               "name its columns; run SET GLOBAL binlog_row_metadata = FULL on the "
                               "source, and leave the table out with source.tables to get past it",
                               details.name.ToString()),
                   {{"table", details.name.ToString()}});
}

TablePlans::Entry* TablePlans::Find(uint64_t table_id) {
  const auto found = entries_.find(table_id);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace millrace::ingest
