// SPDX-License-Identifier: Apache-2.0

#include "snapshot/chunk_query.h"

#include "fmt/format.h"
#include "mysql/query_rows.h"

namespace millrace::snapshot {
namespace {

// Number of leading columns that are equal in all rows after `after`.
size_t ConstantColumns(const std::vector<KeyBound>& after) {
  size_t count = 0;
  while (count < after.size() && after[count].greater.empty()) ++count;
  return count;
}

// A condition for the rows after the one that `after` describes.
std::string RowsAfter(const std::vector<KeyBound>& after) {
  const size_t first = ConstantColumns(after);
  std::string text;
  for (size_t i = 0; i < first; ++i) text += after[i].equal + " AND ";
  if (first == after.size()) return text + "FALSE";
  if (after.size() - first > 1) text += after[first].at_least + " AND ";
  text += '(';
  std::string equal;
  for (size_t i = first; i < after.size(); ++i) {
    if (!after[i].greater.empty()) {
      text += (i == first ? "" : " OR ") + equal + after[i].greater;
    }
    equal += after[i].equal + " AND ";
  }
  return text + ')';
}

void AddCondition(std::string& text, const std::string& condition) {
  text += text.empty() ? " WHERE " : " AND ";
  text += condition;
}

std::string Conditions(const ChunkQuery& query) {
  std::string text;
  if (!query.condition.empty()) AddCondition(text, "(" + query.condition + ")");
  if (!query.after.empty()) AddCondition(text, RowsAfter(query.after));
  return text;
}

}  // namespace

std::string QueryText(const ChunkQuery& query) {
  std::string text = fmt::format("SELECT {} FROM {}.{}", query.select_list,
                                 QuotedName(query.table.database), QuotedName(query.table.table));
  if (!query.index.empty()) text += fmt::format(" FORCE INDEX ({})", QuotedName(query.index));
  text += Conditions(query);
  const size_t first = ConstantColumns(query.after);
  for (size_t i = first; i < query.key_columns.size(); ++i) {
    text += i == first ? " ORDER BY " : ", ";
    text += QuotedName(query.key_columns[i]);
  }
  if (query.rows != 0) text += fmt::format(" LIMIT {}", query.rows);
  return text;
}

}  // namespace millrace::snapshot
