#pragma once

#include <string>
#include <vector>

#include "model/table_details.h"
#include "schema/table_version.h"

namespace millrace::snapshot {

// True if nothing that the source tells of the table differs, the time of its definition included.
bool SameDefinition(const TableDetails& a, const TableDetails& b);

// Where in the version the columns of these names stand; all of them must be there.
std::vector<size_t> ColumnIndexes(const schema::TableVersion& version,
                                  const std::vector<std::string>& columns);

}  // namespace millrace::snapshot
