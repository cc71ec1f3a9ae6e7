// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"

namespace millrace::snapshot {

// Comparisons of a key column with its value in the last row read.
struct KeyBound {
  std::string equal;
  std::string greater;  // empty: there is no greater value
  std::string at_least;
};

// The parts of a query for rows of a table. All parts are SQL that millraced generated.
struct ChunkQuery {
  TableName table;
  std::string select_list;
  std::string index;                     // empty: table without a key
  std::vector<std::string> key_columns;  // names
  // Bounds for each key column: only later rows. Empty: from the first row.
  std::vector<KeyBound> after;
  std::string condition;  // additional condition, as condition::ToSql writes it; empty: none
  uint64_t rows = 0;      // limit; 0: all
};

// Returns the query. Rows come in key order, by the key's index. The servers use no index for `(a,
// b) > (1, 2)`, so the query contains `a >= 1 AND (a > 1 OR a = 1 AND b > 2)` instead. A leading
// column at its greatest value is compared but not in ORDER BY; otherwise MySQL would sort all rows
// with that value.
std::string QueryText(const ChunkQuery& query);

}  // namespace millrace::snapshot
