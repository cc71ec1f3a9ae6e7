// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace millrace::command {

struct SnapshotOptions {
  // For `start`.
  std::vector<std::string> patterns;
  std::string where;
  std::string key_from;
  std::string key_to;
  bool wait = false;
  // For the other subcommands. May be empty for `watch`: all snapshots that have not ended.
  std::string name;
  // Print one JSON object at the end instead of text.
  bool json = false;
};

// Starts a snapshot; with `wait`, continues like WatchSnapshots.
absl::Status StartSnapshot(const Session& session, const SnapshotOptions& options);

// Prints the snapshots that have not ended and the last ones that have.
absl::Status ListSnapshots(const Session& session, const SnapshotOptions& options);

absl::Status PauseSnapshot(const Session& session, const SnapshotOptions& options);
absl::Status ResumeSnapshot(const Session& session, const SnapshotOptions& options);
absl::Status CancelSnapshot(const Session& session, const SnapshotOptions& options);

// Shows the progress of snapshots until all have ended. Also returns an error if a table failed, a
// snapshot was canceled, or a signal came before the end.
absl::Status WatchSnapshots(const Session& session, const SnapshotOptions& options);

}  // namespace millrace::command
