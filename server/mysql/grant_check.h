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

// Code of the finding that a grant is missing.
inline constexpr std::string_view kGrantMissing = "GRANT_MISSING";

// The account that `connection` is logged in as, `'user'@'host'`, for a GRANT.
absl::StatusOr<std::string> AccountName(Connection& connection);

// Adds a finding for each grant that the account lacks, with the GRANT statement. What roles bring
// counts. Only reads.
absl::Status CheckGrants(Connection& connection, const SourceOptions& options,
                         std::vector<Finding>& findings);

// True if one of `grants`, lines of SHOW GRANTS, gives `privilege` on something.
bool AnyGrants(const std::vector<std::string>& grants, std::string_view privilege);

}  // namespace millrace
