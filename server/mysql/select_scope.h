// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"

namespace millrace {

// What lines of SHOW GRANTS say of the right to SELECT. Pure.

// Whether they give SELECT on every table that a pattern of source.tables may match. True for one
// that excludes, or has no wildcard: such a table is asked for by its name.
bool GrantsSelectOnAll(const std::vector<std::string>& grants, std::string_view pattern);

// What to GRANT SELECT ON for that pattern: `*.*` or a database.
std::string GrantScope(std::string_view pattern);

// Tables on some columns of which they give SELECT.
std::vector<TableName> TablesWithSelectOnColumns(const std::vector<std::string>& grants);

}  // namespace millrace
