// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/snapshot_options.h"
#include "model/binlog_place.h"
#include "model/gtid_set.h"
#include "mysql/connection.h"
#include "snapshot/jobs.h"
#include "snapshot/stream_tasks.h"

namespace millrace::snapshot {

// A place of the stream. Only queries that see everything before it can be compared with later
// changes.
struct ReadWindow {
  uint64_t stamp = 0;    // stamp of the table's changes; later ones are inside the window
  bool at_rest = false;  // the stream has not touched the table since `stamp`
  BinlogPlace place;
  GtidSet gtids;
};

// The windows for reading one table. OVERLAP.md explains why rows read in a window fit the stream.
// Used on one thread.
class ReadWindows {
 public:
  // All must outlive the windows.
  struct Parts {
    const SnapshotOptions& options;
    StreamTasks& tasks;
    Jobs& jobs;
    const Clock& clock;
    Connection& connection;
    const Assignment& assignment;
  };
  explicit ReadWindows(const Parts& parts);

  // How to make sure that queries see everything before a window.
  enum class Visibility { kExecutedGtids, kConsistentRead, kTime };
  Visibility visibility() const { return visibility_; }

  // Call it when recording of the table's changes has started in this epoch of the stream.
  void Begin(uint64_t epoch);
  // The next window. kCancelled: the job is not wanted any more. Fails like StreamTasks::Run.
  absl::StatusOr<ReadWindow> Open();
  // Waits until queries of the connection see everything the stream read before `window`. Under
  // kConsistentRead they then see one fixed state, until EndRead. kFailedPrecondition,
  // kDeadlineExceeded SNAPSHOT_NOT_VISIBLE; errors of the connection.
  absl::Status WaitUntilVisible(const ReadWindow& window);
  absl::Status EndRead();
  // Runs `work` once the stream reaches the current end of the binlog. kUnavailable SOURCE_DIFFERS:
  // that end is before the last window. Also fails with errors of the connection and like
  // StreamTasks::Run.
  absl::Status RunAfterBinlogEnd(StreamTasks::Work work);

 private:
  // Fills `window`. `settled` is false if the recording is younger than settle_time.
  absl::Status CaptureWindow(Micros now, ReadWindow& window, bool& settled);
  bool Wanted() const { return parts_.jobs.Wanted(parts_.assignment.job); }

  const Parts parts_;
  const Visibility visibility_;
  uint64_t epoch_ = 0;
  Micros recording_since_ = 0;
  BinlogPlace place_;  // of the last window
};

}  // namespace millrace::snapshot
