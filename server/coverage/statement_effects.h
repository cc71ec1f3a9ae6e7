// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <utility>
#include <vector>

#include "coverage/table_coverage.h"
#include "model/table_name.h"
#include "schema/statement.h"

namespace millrace::coverage {

// What `statement` does to tables, in the order it does it. A table may stand there more than once.
// `truncates`: it empties its tables, whatever else is known of it. Statements about whole
// databases and those that may concern any table name no tables here.
std::vector<std::pair<TableName, TableEffect>> EffectsOf(const schema::Statement& statement,
                                                         bool truncates);

// True if all tables of statement.database are gone after it.
bool DropsDatabase(const schema::Statement& statement);

}  // namespace millrace::coverage
