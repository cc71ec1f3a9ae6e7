// SPDX-License-Identifier: Apache-2.0

#include "ingest/older_log.h"

#include <algorithm>

#include "schema/ambiguous_text.h"

namespace millrace::ingest {
namespace {

// Whether it is a system-versioned table whose invisible time columns earlier versions captured.
bool IsStoredAsVersioned(const schema::TableVersion& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const schema::Column& column) {
    return column.captured && column.invisible && column.name == "row_end";
  });
}

// Whether it has MariaDB's hash column of a long UNIQUE key, as earlier versions stored it.
bool IsStoredWithHash(const schema::TableVersion& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const schema::Column& column) {
    return column.captured && column.type == ColumnType::kLongLong &&
           column.name.starts_with("DB_ROW_HASH_");
  });
}

// The next rows lack the hash. That matters only if no key identifies the table's rows.
void DropHash(const schema::TableVersion& table, coverage::Coverage& coverage) {
  if (!schema::HasWholeKey(table))
    return coverage.OnUnusableChanges(table.name, coverage::kHiddenColumns);
  auto covered = coverage.Newest(table.name);
  if (!covered.has_value()) return;
  // Forgets the shape of earlier rows, so that the next rows are not taken for a new definition.
  covered->row_shape = 0;
  coverage.Set(table.name, *std::move(covered));
}

}  // namespace

void InvalidateTablesOfOlderLog(schema::Registry& registry, coverage::Coverage& coverage) {
  if (!registry.EnableAmbiguousText()) return;
  for (const schema::TableVersionPtr& table : registry.List()) {
    if (schema::KeyMayBeAmbiguous(*table)) {
      coverage.OnUnusableChanges(table->name, coverage::kAmbiguousKeys);
    }
    if (IsStoredAsVersioned(*table)) coverage.OnUnusableChanges(table->name, coverage::kPastRows);
    if (IsStoredWithHash(*table)) DropHash(*table, coverage);
  }
}

}  // namespace millrace::ingest
