#include "snapshot/chunk_query.h"

#include "fmt/format.h"
#include "mysql/query_rows.h"

namespace millrace::snapshot {
namespace {

std::string Comparison(const KeyBound& bound, std::string_view with) {
  return fmt::format("{} {} {}", bound.expression, with, bound.literal);
}

// Rows behind the one that `after` describes.
std::string Behind(const std::vector<KeyBound>& after) {
  std::string text;
  if (after.size() > 1) text = Comparison(after[0], ">=") + " AND ";
  text += '(';
  std::string equal;
  for (size_t i = 0; i < after.size(); ++i) {
    if (i > 0) text += " OR ";
    text += equal + Comparison(after[i], ">");
    equal += Comparison(after[i], "=") + " AND ";
  }
  return text + ')';
}

void AddCondition(std::string& text, const std::string& condition) {
  text += text.empty() ? " WHERE " : " AND ";
  text += condition;
}

std::string Conditions(const ChunkQuery& query) {
  std::string text;
  if (!query.where.empty()) AddCondition(text, "(" + query.where + ")");
  if (!query.key_from.empty()) {
    AddCondition(text, fmt::format("{} >= {}", QuotedName(query.key_columns.front()),
                                   QuotedText(query.key_from)));
  }
  if (!query.key_to.empty()) {
    AddCondition(text, fmt::format("{} < {}", QuotedName(query.key_columns.front()),
                                   QuotedText(query.key_to)));
  }
  if (!query.after.empty()) AddCondition(text, Behind(query.after));
  return text;
}

}  // namespace

std::string QueryText(const ChunkQuery& query) {
  std::string text = fmt::format("SELECT {} FROM {}.{}", query.select_list,
                                 QuotedName(query.table.database), QuotedName(query.table.table));
  if (!query.index.empty()) text += fmt::format(" FORCE INDEX ({})", QuotedName(query.index));
  text += Conditions(query);
  for (size_t i = 0; i < query.key_columns.size(); ++i) {
    text += i == 0 ? " ORDER BY " : ", ";
    text += QuotedName(query.key_columns[i]);
  }
  if (query.rows != 0) text += fmt::format(" LIMIT {}", query.rows);
  return text;
}

}  // namespace millrace::snapshot
