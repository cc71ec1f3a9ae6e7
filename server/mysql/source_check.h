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

// kError: the feed would miss or misread changes, or fail. kWarning: the feed works, with a risk.
enum class Severity { kError, kWarning };

// A problem at the source.
struct Finding {
  Severity severity;
  // Upper snake case, for programs.
  std::string code;
  // The problem and its effect, in one sentence.
  std::string message;
  // The SQL statement that fixes it, ending in `;`, or a line for the server's or our configuration
  // file, or a short instruction.
  std::string remedy;
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Checks the settings of the source and the grants of the account. Returns errors first. Read-only.
// Server id 0 in `options` means unknown. A null `snapshots` skips the checks for snapshots. Errors
// as Connection::Query; a missing privilege is a finding.
absl::StatusOr<std::vector<Finding>> CheckSource(Connection& connection,
                                                 const SourceOptions& options,
                                                 const SnapshotOptions* snapshots = nullptr);

// The part of CheckSource about the case of names. An error here means that changes could be
// assigned to the wrong tables, so this part always runs, even if the full check is off.
std::vector<Finding> CheckNames(const ServerInfo& server, const NameFolding& names,
                                const SourceOptions& options, const SnapshotOptions* snapshots);

// OK if `findings` contain no error. kFailedPrecondition SOURCE_MISCONFIGURED: lists each error
// with its remedy. kPermissionDenied SOURCE_ACCESS_DENIED: all errors are missing grants.
absl::Status FindingsStatus(const std::vector<Finding>& findings, const std::string& endpoint);

}  // namespace millrace
