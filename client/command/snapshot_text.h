// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "millrace/v1/admin.pb.h"
#include "terminal.h"

namespace millrace::command {

using Snapshots = google::protobuf::RepeatedPtrField<v1::Snapshot>;

// Whether the snapshot is done or canceled.
bool IsOver(const v1::Snapshot& snapshot);

// A line for each snapshot and each failed table. Ages are relative to `now`. Empty without
// snapshots.
std::string SnapshotsText(const Snapshots& snapshots, absl::Time now, const Paint& paint);

// The progress of a snapshot: a line for it, then a bar for each table. If that needs more than
// `lines_max` lines, shows only reading and failed tables, and counts the others.
std::string ProgressText(const v1::Snapshot& snapshot, size_t lines_max, const Paint& paint);

// The progress for output that is not a terminal: a line for each change of state, and every ten
// seconds for each table that is being read.
class ProgressLines {
 public:
  std::string Next(const v1::Snapshot& snapshot, absl::Time now);

 private:
  struct ShownState {
    v1::SnapshotTable::State state = v1::SnapshotTable::STATE_UNSPECIFIED;
    std::string waiting;
    absl::Time time;
  };
  std::map<std::string, ShownState> shown_;
};

}  // namespace millrace::command
