// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"

namespace millrace::snapshot {

// Comparisons of a key column with the value it has in the last row that was read.
struct KeyBound {
  std::string equal;
  std::string greater;  // empty: there is no greater value
  std::string at_least;
};

// What a query for rows of a table is made of. All parts are SQL of our own.
struct ChunkQuery {
  TableName table;
  std::string select_list;
  std::string index;                     // empty: a table without a key
  std::vector<std::string> key_columns;  // names
  // Only rows behind this one, a bound for each key column; empty: from the beginning.
  std::vector<KeyBound> after;
  std::string condition;  // that rows must meet besides, as condition::ToSql writes it; empty: none
  uint64_t rows = 0;      // at most; 0: all
};

// The query. Rows come in the order of the key, by its index. `(a, b) > (1, 2)` is written out as
// `a >= 1 AND (a > 1 OR a = 1 AND b > 2)`, since the servers use no index for the short form. A
// first column that has come to its greatest value is compared and no longer sorted by, or MySQL
// would sort all rows of that value.
std::string QueryText(const ChunkQuery& query);

}  // namespace millrace::snapshot
