// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "model/table_details.h"
#include "schema/table_version.h"

namespace millrace::snapshot {

// What differs in what the source tells of a table, the time of its definition included, for people
// (`column price`); empty if nothing does.
std::string DefinitionDifference(const TableDetails& before, const TableDetails& now);

// Where in the version the columns of these names stand; all of them must be there.
std::vector<size_t> ColumnIndexes(const schema::TableVersion& version,
                                  const std::vector<std::string>& columns);

}  // namespace millrace::snapshot
