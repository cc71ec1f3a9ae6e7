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

// What information_schema says of the table now. None: there is no such table, or a view of that
// name, or the account may not see it.
absl::StatusOr<std::optional<TableDetails>> FetchTableDetails(Connection& connection,
                                                              const TableName& name);

// The labels of a COLUMN_TYPE `enum('a','it''s')` or `set(…)`; none if it is neither or malformed.
std::vector<std::string> ParseLabels(std::string_view column_type);

}  // namespace millrace
