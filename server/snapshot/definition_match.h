#pragma once

#include <string>
#include <vector>

#include "model/table_details.h"
#include "schema/table_version.h"

namespace millrace::snapshot {

// True if nothing that the source tells of the table differs, the time of its definition included.
bool SameDefinition(const TableDetails& a, const TableDetails& b);

// Gives the columns of `key` the ordinals of a primary key if the table has none: MySQL takes a
// unique key for one, and tells the binlog so, but not information_schema.
void PromoteKey(const std::vector<std::string>& key, TableDetails& details);

// Where in the version the columns of these names stand; all of them must be there.
std::vector<size_t> ColumnIndexes(const schema::TableVersion& version,
                                  const std::vector<std::string>& columns);

}  // namespace millrace::snapshot
