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

// True if nothing more comes of it without a request.
bool IsOver(const v1::Snapshot& snapshot);

// A line for each snapshot, and one for each table that failed. `now` is what ages are counted
// from. Empty for none.
std::string SnapshotsText(const Snapshots& snapshots, absl::Time now, const Paint& paint);

// How far a snapshot is: a line for it, then a bar for each table. Of more than `lines_max` lines
// only tables in work and failed ones are shown, and the others counted.
std::string ProgressText(const v1::Snapshot& snapshot, size_t lines_max, const Paint& paint);

// The same for output that is no terminal: a line only where something changed, and for tables in
// work each ten seconds.
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
