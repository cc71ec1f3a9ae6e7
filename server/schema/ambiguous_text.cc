// SPDX-License-Identifier: Apache-2.0

#include "schema/ambiguous_text.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "model/charset.h"
#include "schema/column_type_text.h"
#include "schema/labels.h"

namespace millrace::schema {

std::vector<bool> AmbiguousLabels(const Column& column) {
  std::vector<bool> ambiguous;
  std::unordered_set<std::string_view> taken;
  const bool is_enum = column.type == ColumnType::kEnum;
  // '' is the text of an empty SET, and of an ENUM's error value. The error value is ambiguous if a
  // label is '' too.
  const auto empty = std::find(column.labels.begin(), column.labels.end(), "");
  if (is_enum) ambiguous.push_back(empty != column.labels.end());
  if (!is_enum) taken.insert("");
  for (size_t i = 0; i < column.labels.size(); ++i) {
    // A label that is not text is delivered as bytes.
    ambiguous.push_back(LabelIsText(column, i) && !taken.insert(column.labels[i]).second);
  }
  return ambiguous;
}

bool MayBeAmbiguous(const Column& column) {
  if (!column.captured) return false;
  if (IsEnumOrSet(column.type)) {
    const std::vector<bool> ambiguous = AmbiguousLabels(column);
    return std::find(ambiguous.begin(), ambiguous.end(), true) != ambiguous.end();
  }
  if (column.field_type != FieldType::kString || column.charset.empty()) return false;
  const Charset* const charset = FindCharset(column.charset);
  return charset != nullptr && charset->has_aliases();
}

bool HasWholeKey(const TableVersion& table) {
  bool any = false;
  for (const Column& column : table.columns) {
    if (column.key_ordinal == 0) continue;
    if (!column.captured) return false;
    any = true;
  }
  return any;
}

bool KeyMayBeAmbiguous(const TableVersion& table) {
  const bool has_key = HasWholeKey(table);
  return std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& column) {
    return (!has_key || column.key_ordinal != 0) && MayBeAmbiguous(column);
  });
}

}  // namespace millrace::schema
