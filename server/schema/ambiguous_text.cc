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
  // The text of an ENUM's error value, which is ambiguous if a label has it; that of an empty SET.
  const auto empty = std::find(column.labels.begin(), column.labels.end(), "");
  if (is_enum) ambiguous.push_back(empty != column.labels.end());
  if (!is_enum) taken.insert("");
  for (size_t i = 0; i < column.labels.size(); ++i) {
    // A label that is no text is told by its bytes.
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

bool KeyMayBeAmbiguous(const TableVersion& table) {
  const auto in_key = [](const Column& column) { return column.key_ordinal != 0; };
  const auto& columns = table.columns;
  const bool has_key = std::any_of(columns.begin(), columns.end(), in_key) &&
                       std::none_of(columns.begin(), columns.end(), [&](const Column& column) {
                         return in_key(column) && !column.captured;
                       });
  return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
    return (!has_key || in_key(column)) && MayBeAmbiguous(column);
  });
}

}  // namespace millrace::schema
