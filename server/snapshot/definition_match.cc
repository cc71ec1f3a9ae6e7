#include "snapshot/definition_match.h"

#include <algorithm>

#include "base/check.h"
#include "schema/definition.h"

namespace millrace::snapshot {
namespace {

bool SameColumn(const ColumnDetails& a, const ColumnDetails& b) {
  return a.name == b.name && a.column_type == b.column_type && a.collation == b.collation &&
         a.charset == b.charset && a.nullable == b.nullable && a.generated == b.generated &&
         a.invisible == b.invisible && a.key_ordinal == b.key_ordinal;
}

}  // namespace

bool SameDefinition(const TableDetails& a, const TableDetails& b) {
  return a.defined_seconds == b.defined_seconds &&
         std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    SameColumn);
}

void PromoteKey(const std::vector<std::string>& key, TableDetails& details) {
  const bool has_primary =
      std::any_of(details.columns.begin(), details.columns.end(),
                  [](const ColumnDetails& column) { return column.key_ordinal != 0; });
  if (has_primary) return;
  for (ColumnDetails& column : details.columns) {
    const auto found = std::find_if(key.begin(), key.end(), [&column](const std::string& name) {
      return schema::SameColumnName(column.name, name);
    });
    if (found == key.end()) continue;
    column.key_ordinal = static_cast<uint32_t>(found - key.begin()) + 1;
  }
}

std::vector<size_t> ColumnIndexes(const schema::TableVersion& version,
                                  const std::vector<std::string>& columns) {
  std::vector<size_t> indexes;
  for (const std::string& name : columns) {
    const auto column = std::find_if(version.columns.begin(), version.columns.end(),
                                     [&name](const schema::Column& candidate) {
                                       return schema::SameColumnName(candidate.name, name);
                                     });
    MILLRACE_CHECK(column != version.columns.end());
    indexes.push_back(static_cast<size_t>(column - version.columns.begin()));
  }
  return indexes;
}

}  // namespace millrace::snapshot
