// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/table_details.h"
#include "mysql/connection.h"

namespace millrace {

// Fetches the current definition of a table from information_schema. Nothing: the table does not
// exist, or is a view. kPermissionDenied SOURCE_ACCESS_DENIED: the account may not SELECT from all
// of it, see CheckDefinitionAccess.
absl::StatusOr<std::optional<TableDetails>> FetchTableDetails(Connection& connection,
                                                              const TableName& name);

// The labels of a COLUMN_TYPE `enum('a','it''s')` or `set(…)`; none if it is neither or malformed.
std::vector<std::string> ParseLabels(std::string_view column_type);

// The tables in the option UNION of `statement`, the SHOW CREATE TABLE of a MERGE table in
// `database`.
std::vector<TableName> ParseMerged(std::string_view statement, std::string_view database);

}  // namespace millrace
