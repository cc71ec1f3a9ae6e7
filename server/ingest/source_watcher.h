// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "ingest/binlog_end_check.h"
#include "ingest/source_queries.h"
#include "model/gtid_set.h"
#include "model/source_position.h"

namespace millrace::ingest {

// Asks the source beside the stream whether its binlog is still the one that is read, and whether
// it purged what was not read. Belongs to the ingest thread, but for refused.
class SourceWatcher {
 public:
  // All must outlive it.
  SourceWatcher(SourceQueries& queries, const Clock& clock, Micros heartbeat_period)
      : queries_(queries), clock_(clock), heartbeat_period_(heartbeat_period) {}

  // Before a new stream: forgets the last comparison and the pause.
  void Reset() ABSL_LOCKS_EXCLUDED(mutex_);
  // The stream was asked for by GTID set, or by file and offset.
  void BeginStream(bool by_gtid);

  // The functions below are for between two transactions, at the position `ours`.
  // At a heartbeat after which nothing is on its way. Errors as BinlogEndCheck; SOURCE_PURGED as
  // CheckNotPurged; those of queries. An account that may ask no more is no error.
  absl::Status OnHeartbeat(const SourcePosition& ours) ABSL_LOCKS_EXCLUDED(mutex_);
  // It is time for CheckPurged, which a source that is never idle needs too.
  bool purged_check_due() const { return purged_check_due_; }
  // SOURCE_PURGED: the source purged transactions that the stream left out. A question that the
  // source refuses is asked later. Errors of SourceQueries::Reconnect.
  absl::Status CheckPurged(const SourcePosition& ours);

  // The position is going to disk, so the stream makes progress.
  void NotePosition();

  // Why the account keeps it from watching; empty if it does not. From any thread.
  std::string refused() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status CompareWithSource(const SourcePosition& ours);
  absl::Status RecordPurged(const SourcePosition& ours);

  SourceQueries& queries_;
  const Clock& clock_;
  const Micros heartbeat_period_;

  BinlogEndCheck end_check_;    // of the stream
  Micros watch_again_at_ = 0;   // steady; not before
  bool reads_by_gtid_ = false;  // the stream was asked for by GTID set
  Micros purged_checked_at_ = 0;
  bool purged_check_due_ = false;
  // What the source had purged and we had not read, and where its binlog ended then.
  struct Purged {
    MysqlGtidSet missing;
    SourcePosition end;
  };
  std::optional<Purged> purged_;

  mutable absl::Mutex mutex_;
  std::string refused_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::ingest
