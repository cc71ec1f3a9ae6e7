// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"

namespace millrace {

// Evaluates the SELECT privileges in the lines of SHOW GRANTS. Pure.

// Whether `grants` allow SELECT on every table that a pattern of source.tables may match. Always
// true for patterns that exclude, or that have no wildcard: a caller checks such a table by its
// name.
bool GrantsSelectOnAll(const std::vector<std::string>& grants, std::string_view pattern);

// The object of a GRANT SELECT that covers the pattern: `*.*` or a database.
std::string GrantScope(std::string_view pattern);

// The tables on which `grants` allow SELECT for some columns only.
std::vector<TableName> TablesWithSelectOnColumns(const std::vector<std::string>& grants);

}  // namespace millrace
