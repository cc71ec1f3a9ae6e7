// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "model/sequence.h"
#include "model/table_name.h"
#include "schema/coverage.h"
#include "schema/statement.h"

namespace millrace::ingest {

// What a statement does to the rows of a table, as far as coverage goes.
enum class TableEffect {
  kEmptied,  // there are no rows, or no table, behind it
  kArrived,  // rows are behind it that the log never saw under this name
  kAltered,  // rows may have changed without a row event
};

// What `statement` does to tables, in the order it does it. A table may stand there more than once.
// `truncates`: it empties its tables, whatever else is known of it. Statements about whole
// databases and those that may concern any table name no tables here.
std::vector<std::pair<TableName, TableEffect>> EffectsOf(const schema::Statement& statement,
                                                         bool truncates);

// True if all tables of statement.database are gone behind it.
bool DropsDatabase(const schema::Statement& statement);

// A table of which `before` was known, behind a statement whose first change has sequence `at`.
std::optional<schema::TableCoverage> CoverageBehind(
    TableEffect effect, const std::optional<schema::TableCoverage>& before, Sequence at);

}  // namespace millrace::ingest
