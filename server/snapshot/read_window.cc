// SPDX-License-Identifier: Apache-2.0

#include "snapshot/read_window.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/read_marks.h"

namespace millrace::snapshot {
namespace {

constexpr Micros kVisibleTimeout = Micros{60} * 1'000'000;
// Interval for polling the source until queries see the window.
constexpr Micros kPause = 2'000;

}  // namespace

ReadWindows::ReadWindows(const Parts& parts)
    : parts_(parts),
      visibility_(parts.connection.info().flavour == Flavour::kMariadb ? Visibility::kConsistentRead
                  : parts.connection.info().gtids()                    ? Visibility::kExecutedGtids
                                                                       : Visibility::kTime) {}

void ReadWindows::Begin(uint64_t epoch) {
  epoch_ = epoch;
  recording_since_ = parts_.clock.SteadyMicros();
}

absl::StatusOr<ReadWindow> ReadWindows::Open() {
  while (Wanted()) {
    ReadWindow window;
    bool settled = true;
    const Micros now = parts_.clock.SteadyMicros();
    MILLRACE_RETURN_IF_ERROR(CaptureWindow(now, window, settled));
    if (settled) {
      place_ = window.place;
      return window;
    }
    parts_.jobs.Sleep(parts_.assignment.job,
                      std::max(recording_since_ + parts_.options.settle_time - now, 10 * kPause));
  }
  return absl::CancelledError("the snapshot has been paused, canceled or stopped");
}

// Without GTIDs the window opens in the past: by now, queries see everything that the stream had
// read by then.
absl::Status ReadWindows::CaptureWindow(Micros now, ReadWindow& window, bool& settled) {
  return parts_.tasks.Run({.epoch = epoch_, .place = {}}, [&](StreamAccess& stream) {
    TableChanges* changes = stream.live_changes().Find(parts_.assignment.table);
    changes->NoteTime(now);
    window.stamp = changes->stamp();
    window.place = stream.place();
    window.gtids = stream.gtids();
    if (visibility_ == Visibility::kTime) {
      const auto stamp = changes->StampAt(now - parts_.options.settle_time);
      settled = stamp.has_value();
      window.stamp = stamp.value_or(0);
    }
    window.at_rest = changes->stamp() == window.stamp;
    changes->Forget(window.stamp);
    return absl::OkStatus();
  });
}

absl::Status ReadWindows::WaitUntilVisible(const ReadWindow& window) {
  if (visibility_ == Visibility::kExecutedGtids) {
    return WaitUntilExecuted(parts_.connection, window.gtids, kVisibleTimeout);
  }
  if (visibility_ == Visibility::kTime) return absl::OkStatus();
  const Micros deadline = parts_.clock.SteadyMicros() + kVisibleTimeout;
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const auto place, BeginConsistentRead(parts_.connection));
    if (!place.has_value()) {
      return MakeError(absl::StatusCode::kFailedPrecondition, reason::kSnapshotNotVisible,
                       "the source does not report the binlog position of a consistent read "
                       "(binlog_snapshot_position); check that log_bin is on");
    }
    if (CompareBinlogPlaces(place->file, place->offset, window.place) >= 0) return absl::OkStatus();
    MILLRACE_RETURN_IF_ERROR(EndConsistentRead(parts_.connection));
    if (parts_.clock.SteadyMicros() > deadline || !Wanted()) {
      return MakeError(reason::kSnapshotNotVisible,
                       "queries do not yet see all transactions in the binlog of the source");
    }
    parts_.jobs.Sleep(parts_.assignment.job, kPause);
  }
}

absl::Status ReadWindows::EndRead() {
  if (visibility_ != Visibility::kConsistentRead) return absl::OkStatus();
  return EndConsistentRead(parts_.connection);
}

absl::Status ReadWindows::RunAfterBinlogEnd(StreamTasks::Work work) {
  MILLRACE_ASSIGN_OR_RETURN(BinlogMark end, BinlogEnd(parts_.connection));
  // The binlog has been reset or replaced. The stream will notice.
  if (CompareBinlogPlaces(end.place.file, end.place.offset, place_) < 0) {
    return MakeError(
        reason::kSourceDiffers,
        fmt::format("the binlog ends at {}, before the place {} that the feed has read",
                    end.place.ToString(), place_.ToString()));
  }
  return parts_.tasks.Run(
      {.epoch = epoch_, .place = std::move(end.place), .gtids = std::move(end.gtids)},
      std::move(work));
}

}  // namespace millrace::snapshot
