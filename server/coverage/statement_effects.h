// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <utility>
#include <vector>

#include "coverage/table_coverage.h"
#include "model/table_name.h"
#include "schema/statement.h"

namespace millrace::coverage {

// Returns the effects of `statement` on tables, in order. A table may occur more than once.
// `truncates`: the statement empties its tables, regardless of its verb. Omits tables that the
// statement does not name: see DropsDatabase and Statement::may_concern_any_table.
std::vector<std::pair<TableName, TableEffect>> EffectsOf(const schema::Statement& statement,
                                                         bool truncates);

// True if the statement drops all tables of statement.database.
bool DropsDatabase(const schema::Statement& statement);

}  // namespace millrace::coverage
