// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "binlog/table_map.h"
#include "ingest/later_statements.h"
#include "ingest/merge_tables.h"
#include "ingest/table_counters.h"
#include "model/capture_rules.h"
#include "model/table_details.h"
#include "model/table_name.h"
#include "schema/registry.h"
#include "transcode/row_plan.h"

namespace millrace::ingest {

// Asks the source what information_schema says of a table now; nothing if there is no such table
// any more.
using FetchDetails =
    std::function<absl::StatusOr<std::optional<TableDetails>>(const TableName& table)>;

// Whether the binlog has a statement behind the TABLE_MAP at hand that may redefine the table. To
// be asked after FetchDetails: if not, what that said holds for the map's rows.
using AskRedefinedLater =
    std::function<absl::StatusOr<bool>(const TableName& table, RedefinedPart what)>;

// Row plans by the table number that TABLE_MAP gives out. A plan is compiled anew only when the
// bytes of the map differ from last time, so that the usual TABLE_MAP costs one comparison. Belongs
// to the ingest thread.
class TablePlans {
 public:
  struct Entry {
    std::string map;                           // bytes of the TABLE_MAP body
    std::unique_ptr<transcode::RowPlan> plan;  // null: nobody captures it, or it has no rows itself
    TableCounters* counters = nullptr;         // null without a plan
    bool rows_noted = false;                   // coverage knows of rows of this definition
    bool partial_noted = false;                // and of partial row images
    std::vector<TableName> merged;             // of a MERGE table: whose rows these may be
    bool merged_unknown = false;               // of one of which that cannot be said
  };

  TablePlans(Flavour flavour, const CaptureRules& rules, schema::Registry& registry,
             TableCounterMap& counters, MergeTables& merge_tables, FetchDetails fetch_details,
             AskRedefinedLater redefined_later)
      : flavour_(flavour),
        rules_(rules),
        registry_(registry),
        counters_(counters),
        merge_tables_(merge_tables),
        fetch_(std::move(fetch_details)),
        redefined_later_(std::move(redefined_later)) {}

  // Learns from a TABLE_MAP event. Errors as ParseTableMap, Registry::Resolve and RowPlan::Compile;
  // kUnavailable if the source had to be asked and could not be.
  // SCHEMA_UNPROVEN also where names, or what tells a UUID from BINARY, must be asked for and a
  // statement behind the event may have changed them: what the source says now need not be what the
  // event was written under. A definition from before `commit_seconds`, Unix time of the commit the
  // event is part of, is that of the event.
  // `next`: sequence of the transaction's first change.
  absl::Status Map(std::string_view body, int64_t commit_seconds, Sequence next);
  // The table behind a row event; null if no TABLE_MAP told of it.
  Entry* Find(uint64_t table_id);
  // Forgets everything: after a restart of the source numbers are given out anew, and after a
  // change of definitions the same bytes may mean another type.
  void Clear() { entries_.clear(); }
  // Coverage may have been set: what was noted of rows must be noted again.
  void ForgetCoverageNotes() {
    for (auto& [id, entry] : entries_) entry.rows_noted = entry.partial_noted = false;
  }

 private:
  absl::Status Compile(std::string_view body, int64_t commit_seconds, Sequence next, Entry& entry);
  bool IsSequence(const binlog::TableMap& map, const std::optional<TableDetails>& details) const;
  void NoteSequence(const TableName& name);
  void NoteMerge(const TableDetails& details);
  void NoteUnknownMerge(const TableName& table) const;
  absl::Status FillMerged(const TableDetails& details, int64_t commit_seconds, Entry& entry);
  // The tables that it shows if it was a MERGE table and may be none now.
  absl::StatusOr<MergeTables::Members> FormerMembers(const TableName& table,
                                                     const std::optional<TableDetails>& details,
                                                     int64_t commit_seconds);
  // Whether the definition is that of the rows at hand too.
  absl::StatusOr<bool> AppliesToRows(const TableDetails& details, int64_t commit_seconds) const;
  absl::StatusOr<std::optional<TableDetails>> DetailsFor(const binlog::TableMap& map);
  absl::Status CheckDetails(const binlog::TableMap& map, const TableDetails& details,
                            int64_t commit_seconds) const;
  absl::Status CheckColumnTypes(const binlog::TableMap& map, const TableName& table) const;

  const Flavour flavour_;
  const CaptureRules& rules_;
  schema::Registry& registry_;
  TableCounterMap& counters_;
  MergeTables& merge_tables_;
  const FetchDetails fetch_;
  const AskRedefinedLater redefined_later_;
  absl::flat_hash_map<uint64_t, Entry> entries_;
  absl::flat_hash_set<TableName> logged_tables_;  // and MERGE tables, that were logged
};

}  // namespace millrace::ingest
