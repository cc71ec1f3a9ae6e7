// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"

namespace millrace {

using QueryRow = std::vector<std::optional<std::string>>;  // nullopt is NULL

// The whole result of a query, as text.
struct QueryRows {
  std::vector<std::string> columns;
  std::vector<QueryRow> rows;

  // Returns the index of the first of `names` that is a column, ignoring case. The columns of SHOW
  // statements have different names in different versions.
  std::optional<size_t> Column(std::initializer_list<std::string_view> names) const;
  // Value of that column in `row`; empty if there is no such column or it is NULL.
  std::string Text(const QueryRow& row, std::initializer_list<std::string_view> names) const;
};

// An SQL literal `'text'`. The session's sql_mode must not contain NO_BACKSLASH_ESCAPES; Connection
// ensures that.
std::string QuotedText(std::string_view text);
// `` `name` ``.
std::string QuotedName(std::string_view name);
// `` `database`.`table` ``.
std::string QuotedName(const TableName& table);

}  // namespace millrace
