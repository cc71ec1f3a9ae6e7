// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "model/table_details.h"
#include "schema/table_version.h"

namespace millrace::snapshot {

// Describes the first difference between two definitions (`column price changed`), or between the
// times at which they were made. Empty if there is none.
std::string DefinitionDifference(const TableDetails& before, const TableDetails& now);

// The indexes of the named columns. Requires: the version has all of them.
std::vector<size_t> ColumnIndexes(const schema::TableVersion& version,
                                  const std::vector<std::string>& columns);

}  // namespace millrace::snapshot
