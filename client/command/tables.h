// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace millrace::command {

struct TablesOptions {
  std::vector<std::string> patterns;
  bool json = false;
};

// Prints the captured tables, or for a single `database.table` without wildcards its columns.
// kNotFound: a pattern matches no table.
absl::Status ShowTables(const Session& session, const TablesOptions& options);

// Tables as lines of text.
std::string TablesText(const v1::ListTablesResponse& tables, const Paint& paint);

// A table and its columns as text.
std::string ColumnsText(const v1::Table& table, const Paint& paint);

}  // namespace millrace::command
