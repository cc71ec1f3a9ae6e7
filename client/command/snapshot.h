// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace millrace::command {

struct SnapshotOptions {
  // Of `start`.
  std::vector<std::string> patterns;
  std::string where;
  std::string key_from;
  std::string key_to;
  bool wait = false;
  // Of the others; empty only for `watch`: all that are not over.
  std::string name;
  // The snapshots as a JSON object, once, at the end, in place of text.
  bool json = false;
};

// Begins a snapshot; with `wait`, goes on as WatchSnapshots.
absl::Status StartSnapshot(const Session& session, const SnapshotOptions& options);

// Prints the snapshots that are not over and the last of the others.
absl::Status ListSnapshots(const Session& session, const SnapshotOptions& options);

absl::Status PauseSnapshot(const Session& session, const SnapshotOptions& options);
absl::Status ResumeSnapshot(const Session& session, const SnapshotOptions& options);
absl::Status CancelSnapshot(const Session& session, const SnapshotOptions& options);

// Shows how far snapshots are until all are over.
// An error also if a table failed, a snapshot was cancelled, or a signal came before the end.
absl::Status WatchSnapshots(const Session& session, const SnapshotOptions& options);

}  // namespace millrace::command
