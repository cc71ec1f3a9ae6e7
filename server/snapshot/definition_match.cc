// SPDX-License-Identifier: Apache-2.0

#include "snapshot/definition_match.h"

#include <algorithm>

#include "base/check.h"
#include "fmt/format.h"
#include "schema/definition.h"

namespace millrace::snapshot {
namespace {

bool SameColumn(const ColumnDetails& a, const ColumnDetails& b) {
  return a.name == b.name && a.column_type == b.column_type && a.collation == b.collation &&
         a.charset == b.charset && a.nullable == b.nullable && a.generated == b.generated &&
         a.invisible == b.invisible && a.key_ordinal == b.key_ordinal;
}

}  // namespace

std::string DefinitionDifference(const TableDetails& before, const TableDetails& now) {
  if (before.columns.size() != now.columns.size()) {
    return fmt::format("the number of columns changed from {} to {}", before.columns.size(),
                       now.columns.size());
  }
  for (size_t i = 0; i < now.columns.size(); ++i) {
    if (!SameColumn(before.columns[i], now.columns[i])) {
      return fmt::format("column {} changed", now.columns[i].name);
    }
  }
  if (before.defined_seconds == now.defined_seconds) return "";
  return fmt::format("its time of definition changed from {} to {}", before.defined_seconds,
                     now.defined_seconds);
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
