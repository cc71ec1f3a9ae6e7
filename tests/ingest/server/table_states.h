// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/table_name.h"
#include "support/sql_session.h"

namespace millrace::testing {

// A table or view as information_schema describes it, and its rows.
struct TableState {
  bool is_table = false;  // not a view, not a sequence
  // All entries about it, its columns, indexes, constraints and partitions.
  std::vector<std::string> definition;
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;

  friend bool operator==(const TableState&, const TableState&) = default;
};

using TableStates = std::map<TableName, TableState>;

// The states in these databases.
TableStates ReadStates(SqlSession& session, const std::vector<std::string>& databases);

}  // namespace millrace::testing
