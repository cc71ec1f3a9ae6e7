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

// Checks, by queries beside the stream, that the source's binlog is still the one being read, and
// that the source purged no transactions before they were read. Belongs to the ingest thread,
// except refused.
class SourceWatcher {
 public:
  // All must outlive it.
  SourceWatcher(SourceQueries& queries, const Clock& clock, Micros heartbeat_period)
      : queries_(queries), clock_(clock), heartbeat_period_(heartbeat_period) {}

  // Call before a new stream: forgets the last comparison and the pause.
  void Reset() ABSL_LOCKS_EXCLUDED(mutex_);
  // `by_gtid`: the stream was requested by GTID set rather than by file and offset.
  void BeginStream(bool by_gtid);

  // Call the functions below between two transactions; `ours` is the current position.
  //
  // OnHeartbeat is for a heartbeat after which no more input is on its way. Errors as
  // BinlogEndCheck; SOURCE_PURGED as CheckNotPurged; those of queries. An account that reached its
  // query limit is not an error.
  absl::Status OnHeartbeat(const SourcePosition& ours) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether it is time for CheckPurged, which a source that is never idle needs too.
  bool purged_check_due() const { return purged_check_due_; }
  // SOURCE_PURGED: the source purged transactions that the stream skipped. A query that the source
  // refuses is retried later. Errors of SourceQueries::Reconnect.
  absl::Status CheckPurged(const SourcePosition& ours);

  // Call when the position goes to disk: the stream makes progress, so CheckPurged may be due.
  void NotePosition();

  // Why the account's limits prevent watching; empty if they do not. From any thread.
  std::string refused() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status CompareWithSource(const SourcePosition& ours);
  absl::Status RecordPurged(const SourcePosition& ours);

  SourceQueries& queries_;
  const Clock& clock_;
  const Micros heartbeat_period_;

  BinlogEndCheck end_check_;    // of the current stream
  Micros watch_again_at_ = 0;   // steady; do not query before
  bool reads_by_gtid_ = false;  // the stream was requested by GTID set
  Micros purged_checked_at_ = 0;
  bool purged_check_due_ = false;
  // Transactions that the source had purged and we had not read, and where its binlog ended then.
  struct Purged {
    MysqlGtidSet missing;
    SourcePosition end;
  };
  std::optional<Purged> purged_;

  mutable absl::Mutex mutex_;
  std::string refused_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::ingest
