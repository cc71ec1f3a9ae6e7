// SPDX-License-Identifier: Apache-2.0

#include "coverage/table_coverage.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "xxhash.h"

namespace millrace::coverage {
namespace {

void AppendColumn(std::string& to, const schema::Column& column) {
  AppendVarint(to, column.field_number);
  AppendSized(to, column.name);
  AppendVarint(to, static_cast<uint64_t>(column.field_type));
  AppendVarint(to, static_cast<uint64_t>(column.meaning));
  AppendVarint(to, static_cast<uint64_t>(column.type));
  AppendVarint(to, column.metadata);
  to.push_back(static_cast<char>(column.is_unsigned));
  to.push_back(static_cast<char>(column.nullable));
  AppendSized(to, column.charset);
  AppendVarint(to, column.labels.size());
  for (const std::string& label : column.labels) AppendSized(to, label);
  // Labels that are not valid text may look the same above. Only such columns have label_bytes.
  for (const std::string& bytes : column.label_bytes) AppendSized(to, bytes);
}

}  // namespace

uint64_t RowShape(const schema::TableVersion& version) {
  std::vector<const schema::Column*> columns;
  for (const schema::Column& column : version.columns) {
    if (column.captured) columns.push_back(&column);
  }
  std::sort(columns.begin(), columns.end(), [](const auto* left, const auto* right) {
    return left->field_number < right->field_number;
  });
  std::string bytes;
  for (const schema::Column* column : columns) AppendColumn(bytes, *column);
  const uint64_t digest = XXH3_64bits(bytes.data(), bytes.size());
  return digest == 0 ? 1 : digest;
}

std::optional<TableCoverage> AfterStatement(TableEffect effect,
                                            const std::optional<TableCoverage>& before,
                                            Sequence at) {
  const bool being_read = before.has_value() && !before->complete && before->invalid_reason.empty();
  switch (effect) {
    case TableEffect::kEmptied:
      return TableCoverage{.begin = at, .complete = !being_read, .invalid_reason = {}};
    case TableEffect::kUnseenRows:
      return TableCoverage{.begin = at, .complete = false, .invalid_reason = std::string(kRenamed)};
    case TableEffect::kAltered:
      break;
  }
  // Also invalidate a table that is being read: the reason makes the reader restart, also after a
  // crash.
  if (!before.has_value() || !before->invalid_reason.empty()) return before;
  TableCoverage altered = *before;
  altered.invalid_reason = kAlteredByStatement;
  return altered;
}

TableCoverage AfterReadingBegins(const std::optional<TableCoverage>& before, Sequence begin) {
  if (before.has_value() && before->valid()) return *before;
  return {.begin = begin, .complete = false, .invalid_reason = {}};
}

TableCoverage AfterReadingEnds(TableCoverage before, Sequence begin) {
  before.complete = true;
  // Coverage may already start after `begin`: the table was emptied, or another snapshot read it.
  before.begin = std::max(before.begin, begin);
  return before;
}

bool ReadingMustRestart(const TableCoverage& now, Sequence begin) {
  if (!now.invalid_reason.empty() && now.invalid_reason != kPartialRows) return true;
  // If the table was emptied since and is complete, its later changes produce all its rows, and the
  // rows read so far do no harm.
  return !now.complete && now.begin != begin;
}

}  // namespace millrace::coverage
