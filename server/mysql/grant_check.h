// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/source_options.h"
#include "mysql/connection.h"
#include "mysql/source_check.h"

namespace millrace {

// The code of findings about a missing grant.
inline constexpr std::string_view kGrantMissing = "GRANT_MISSING";

// The account of `connection` as `'user'@'host'`, for use in a GRANT.
absl::StatusOr<std::string> AccountName(Connection& connection);

// Adds a finding with the GRANT statement for each grant that the account lacks. Grants of active
// roles count. Read-only.
absl::Status CheckGrants(Connection& connection, const SourceOptions& options,
                         std::vector<Finding>& findings);

// True if one of `grants`, lines of SHOW GRANTS, grants `privilege` on any object.
bool AnyGrants(const std::vector<std::string>& grants, std::string_view privilege);

}  // namespace millrace
