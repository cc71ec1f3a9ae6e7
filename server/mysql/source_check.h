// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/snapshot_options.h"
#include "config/source_options.h"
#include "mysql/connection.h"
#include "mysql/name_folding.h"

namespace millrace {

// kError: changes would be missed, misread or refused. kWarning: it works, and something is at
// risk.
enum class Severity { kError, kWarning };

// Something at the source that is not as a feed needs it.
struct Finding {
  Severity severity;
  // Upper snake case, for machines; listed in source_check.cc.
  std::string code;
  // What is so and why it matters, one sentence.
  std::string message;
  // The one SQL statement that mends it, ending in `;`, or else the line for the server's
  // configuration file or for ours.
  std::string remedy;
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Looks at the settings of the source and at the grants of the account, errors first. Only reads.
// Server id 0 in `options` is taken as not known. `snapshots` tells how tables will be read; null:
// it is not looked at. Fails only as queries do; what the account may not ask is a finding.
absl::StatusOr<std::vector<Finding>> CheckSource(Connection& connection,
                                                 const SourceOptions& options,
                                                 const SnapshotOptions* snapshots = nullptr);

// What of this concerns the case of names. Without an error among it changes are told of the right
// tables; so it is looked at also where nobody wants a check.
std::vector<Finding> CheckNames(const ServerInfo& server, const NameFolding& names,
                                const SourceOptions& options, const SnapshotOptions* snapshots);

// OK without an error among `findings`; else kFailedPrecondition SOURCE_MISCONFIGURED, which names
// each error and its remedy. kPermissionDenied SOURCE_ACCESS_DENIED if all errors are grants.
absl::Status FindingsStatus(const std::vector<Finding>& findings, const std::string& endpoint);

}  // namespace millrace
