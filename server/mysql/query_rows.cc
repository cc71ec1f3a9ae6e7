// SPDX-License-Identifier: Apache-2.0

#include "mysql/query_rows.h"

#include <strings.h>

namespace millrace {
namespace {

bool SameName(std::string_view one, std::string_view other) {
  return one.size() == other.size() && strncasecmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

std::optional<size_t> QueryRows::Column(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (SameName(columns[i], name)) return i;
    }
  }
  return std::nullopt;
}

std::string QueryRows::Text(const QueryRow& row,
                            std::initializer_list<std::string_view> names) const {
  const std::optional<size_t> column = Column(names);
  return column.has_value() && *column < row.size() ? row[*column].value_or("") : "";
}

std::string QuotedText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    if (c == '\0') {
      quoted += "\\0";
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "'";
}

std::string QuotedName(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted.push_back('`');
    quoted.push_back(c);
  }
  return quoted + "`";
}

std::string QuotedName(const TableName& table) {
  return QuotedName(table.database) + "." + QuotedName(table.table);
}

}  // namespace millrace
