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

// Queries the current information_schema entry of a table; nothing if the table no longer exists.
using FetchDetails =
    std::function<absl::StatusOr<std::optional<TableDetails>>(const TableName& table)>;

// Whether the binlog has a statement after the current TABLE_MAP that may redefine the table. Call
// it after FetchDetails: if not, the fetched details apply to the rows of the map.
using AskRedefinedLater =
    std::function<absl::StatusOr<bool>(const TableName& table, RedefinedPart what)>;

// Row plans by the table number in TABLE_MAP. A plan is recompiled only when the bytes of the map
// differ from last time, so the usual TABLE_MAP costs one comparison. Belongs to the ingest thread.
class TablePlans {
 public:
  struct Entry {
    std::string map;  // bytes of the TABLE_MAP body
    // null: not captured, or the table has no rows of its own
    std::unique_ptr<transcode::RowPlan> plan;
    TableCounters* counters = nullptr;  // null without a plan
    bool rows_noted = false;            // coverage has noted rows of this definition
    bool partial_noted = false;         // coverage has noted its partial row images
    std::vector<TableName> merged;  // of a MERGE table: the tables that these rows may belong to
    bool merged_unknown = false;    // of a MERGE table: its member tables are unknown
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

  // Processes a TABLE_MAP event. `commit_seconds`: Unix commit time of its transaction; `next`:
  // sequence of the transaction's first change. Errors as ParseTableMap, Registry::Resolve and
  // RowPlan::Compile; kUnavailable if the source had to be queried and could not be. Also
  // SCHEMA_UNPROVEN: column names, or whether a column is a UUID or BINARY, are known only from the
  // source's current definition, which is not older than the event, and a later statement may have
  // changed them.
  absl::Status Map(std::string_view body, int64_t commit_seconds, Sequence next);
  // The table of a row event; null if no TABLE_MAP described it.
  Entry* Find(uint64_t table_id);
  // Forgets everything: after a restart the source reassigns table numbers, and after a definition
  // the same bytes may mean another type.
  void Clear() { entries_.clear(); }
  // Call when coverage may have been set: coverage must then learn of the rows again.
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
  // The member tables, if it was a MERGE table and may no longer be one.
  absl::StatusOr<MergeTables::Members> FormerMembers(const TableName& table,
                                                     const std::optional<TableDetails>& details,
                                                     int64_t commit_seconds);
  // Whether the definition also applies to the current rows.
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
  absl::flat_hash_set<TableName> logged_tables_;  // sequences and MERGE tables that were logged
};

}  // namespace millrace::ingest
