// SPDX-License-Identifier: Apache-2.0

#include "ingest/older_log.h"

#include <algorithm>

#include "schema/ambiguous_text.h"

namespace millrace::ingest {
namespace {

// As such versions saw a versioned table that does not name its times.
bool HadVersions(const schema::TableVersion& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const schema::Column& column) {
    return column.captured && column.invisible && column.name == "row_end";
  });
}

}  // namespace

void InvalidateTablesOfOlderLog(schema::Registry& registry, coverage::Coverage& coverage) {
  if (!registry.BeginAmbiguousText()) return;
  for (const schema::TableVersionPtr& table : registry.List()) {
    if (schema::KeyMayBeAmbiguous(*table))
      coverage.OnOlderLog(table->name, coverage::kAmbiguousKeys);
    if (HadVersions(*table)) coverage.OnOlderLog(table->name, coverage::kPastRows);
  }
}

}  // namespace millrace::ingest
