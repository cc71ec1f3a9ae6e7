// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_watcher.h"

#include <utility>

#include "base/error.h"
#include "model/binlog_place.h"
#include "mysql/current_position.h"
#include "mysql/errors.h"

namespace millrace::ingest {
namespace {

// Pause after the account reached its query limit, so that the next queries are left for callers
// that the feed depends on.
constexpr Micros kWatchPause = Micros{60} * 1'000'000;

// A source that is never idle is checked for purged transactions once in this many heartbeat
// periods.
constexpr Micros kPurgedCheckPeriods = 12;

}  // namespace

void SourceWatcher::Reset() {
  end_check_ = BinlogEndCheck();
  watch_again_at_ = 0;
  absl::MutexLock lock(&mutex_);
  refused_.clear();
}

void SourceWatcher::BeginStream(bool by_gtid) {
  reads_by_gtid_ = by_gtid;
  purged_.reset();
}

absl::Status SourceWatcher::OnHeartbeat(const SourcePosition& ours) {
  if (clock_.SteadyMicros() < watch_again_at_) return absl::OkStatus();
  const absl::Status status = CompareWithSource(ours);
  const bool refused = IsAccountLimit(status);
  if (refused) watch_again_at_ = clock_.SteadyMicros() + kWatchPause;
  absl::MutexLock lock(&mutex_);
  refused_ = refused ? std::string(status.message()) : std::string();
  return refused ? absl::OkStatus() : status;
}

absl::Status SourceWatcher::CompareWithSource(const SourcePosition& ours) {
  MILLRACE_ASSIGN_OR_RETURN(SourcePosition end, queries_.Ask([](Connection& connection) {
    return CurrentPosition(connection);
  }));
  const bool mysql = queries_.info().flavour == Flavour::kMysql;
  // A transaction that waits for a semi-synchronous replica was sent, but is not executed yet.
  if (mysql && !end.gtids.empty() && !end.gtids.Contains(ours.gtids)) {
    MILLRACE_ASSIGN_OR_RETURN(end.gtids, ExecutedAndOwnedGtids(queries_.connection()));
  }
  MILLRACE_RETURN_IF_ERROR(end_check_.Check(queries_.endpoint(), ours, end));
  // Everything in the binlog was read, so other executed transactions never were in it.
  const bool at_end = end.file == ours.file && end.offset == ours.offset;
  const bool had_more = reads_by_gtid_ && at_end && !ours.gtids.Contains(end.gtids);
  if (!had_more || !mysql) return absl::OkStatus();
  return CheckNotPurged(queries_.connection(), end.gtids.mysql().Minus(ours.gtids.mysql()));
}

void SourceWatcher::NotePosition() {
  purged_check_due_ =
      clock_.SteadyMicros() - purged_checked_at_ >= kPurgedCheckPeriods * heartbeat_period_;
}

// The source may purge a file that it has sent and we have not read yet. So transactions that it
// purged and we lack are lost only once we have passed the end that its binlog had then.
absl::Status SourceWatcher::CheckPurged(const SourcePosition& ours) {
  purged_check_due_ = false;
  purged_checked_at_ = clock_.SteadyMicros();
  if (!reads_by_gtid_ || queries_.info().flavour != Flavour::kMysql) return absl::OkStatus();
  if (!purged_.has_value()) return RecordPurged(ours);
  const BinlogPlace end{.file = purged_->end.file, .offset = purged_->end.offset};
  if (CompareBinlogPlaces(ours.file, ours.offset, end) < 0) return absl::OkStatus();
  const MysqlGtidSet lost = purged_->missing.Minus(ours.gtids.mysql());
  purged_.reset();
  return lost.empty() ? absl::OkStatus() : GtidsNotInBinlog(queries_.endpoint(), lost.ToString());
}

absl::Status SourceWatcher::RecordPurged(const SourcePosition& ours) {
  auto missing = PurgedNotIn(queries_.connection(), ours.gtids);
  if (SourceQueries::IsLost(missing.status())) {
    // An unreachable source ends the stream, a refused query does not.
    MILLRACE_RETURN_IF_ERROR(queries_.Reconnect());
    missing = PurgedNotIn(queries_.connection(), ours.gtids);
  }
  if (!missing.ok() || missing->empty()) return absl::OkStatus();
  auto end = CurrentPosition(queries_.connection());
  if (end.ok()) purged_ = {.missing = *std::move(missing), .end = *std::move(end)};
  return absl::OkStatus();
}

std::string SourceWatcher::refused() const {
  absl::MutexLock lock(&mutex_);
  return refused_;
}

}  // namespace millrace::ingest
