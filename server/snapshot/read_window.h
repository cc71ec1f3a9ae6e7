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

// A place of the stream, and what a query must see at least to be compared with what comes behind
// it.
struct ReadWindow {
  uint64_t stamp = 0;    // of the table's changes: later ones fall into the window
  bool at_rest = false;  // the stream has not touched the table since `stamp`
  BinlogPlace place;
  GtidSet gtids;
};

// The windows in which one table is read; OVERLAP.md says why rows read in one fit the stream. Used
// on one thread.
class ReadWindows {
 public:
  // All must outlive it.
  struct Parts {
    const SnapshotOptions& options;
    StreamTasks& tasks;
    Jobs& jobs;
    const Clock& clock;
    Connection& connection;
    const Assignment& assignment;
  };
  explicit ReadWindows(const Parts& parts);

  // How it is known that queries see a window's beginning.
  enum class Visibility { kExecutedGtids, kConsistentRead, kTime };
  Visibility visibility() const { return visibility_; }

  // The changes of the table are recorded from now on, in this epoch of the stream.
  void Begin(uint64_t epoch);
  // The next window. kCancelled: nobody wants the snapshot any more. Errors as StreamTasks::Run.
  absl::StatusOr<ReadWindow> Open();
  // Returns when queries of the connection see all that the stream told before `window`; under
  // kConsistentRead they see one moment then, until EndRead. kFailedPrecondition, kDeadlineExceeded
  // SNAPSHOT_NOT_VISIBLE; errors of the connection.
  absl::Status WaitUntilVisible(const ReadWindow& window);
  absl::Status EndRead();
  // Runs `work` when the stream has come to the end that the binlog has now. kUnavailable
  // SOURCE_DIFFERS: that lies before the last window; errors of the connection and as
  // StreamTasks::Run.
  absl::Status RunAfterBinlogEnd(StreamTasks::Work work);

 private:
  // One, or a stamp that is not old enough yet.
  absl::Status CaptureWindow(Micros now, ReadWindow& window, bool& settled);
  bool Wanted() const { return parts_.jobs.Wanted(parts_.assignment.job); }

  const Parts parts_;
  const Visibility visibility_;
  uint64_t epoch_ = 0;
  Micros recording_since_ = 0;
  BinlogPlace place_;  // of the last window
};

}  // namespace millrace::snapshot
