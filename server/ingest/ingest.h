// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "ingest/committer.h"
#include "ingest/ingest_status.h"
#include "ingest/source_session.h"
#include "ingest/supervisor.h"
#include "ingest/table_counters.h"
#include "ingest/writer.h"
#include "log/log.h"
#include "model/capture_rules.h"
#include "model/table_name.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/stream_tasks.h"

namespace millrace::ingest {

// Keeps the log up to date with the source: connects, checks the source, reads its binlog and
// commits. When the connection is lost, reconnects with growing backoff. An error that a retry
// cannot fix stops ingestion; stored data stays available to readers. Also runs the tasks of
// snapshot readers. Owns its threads.
//
// A session reads, a writer stores what was read, and a supervisor runs the session.
class Ingest {
 public:
  struct Parts {
    const Config& config;
    SourcePool& source;
    log::Log& log;
    schema::Registry& registry;
    coverage::Coverage& coverage;
    // Tasks of snapshot readers, run on the ingest thread. Closed when ingestion ends.
    snapshot::StreamTasks& tasks;
    const Clock& clock;
    Committer::Options committer;
    // Called on the ingest thread when a captured table received rows that the log lacks, as by
    // RENAME, after the change was handed over. Must be quick.
    std::function<void(const TableName&)> on_uncovered = [](const TableName&) {};
  };
  // kInvalidArgument: source.tables, exclude_columns or statement_tables has an invalid pattern.
  // kDataLoss LOG_DAMAGED: the stored position is unreadable.
  static absl::StatusOr<std::unique_ptr<Ingest>> Make(const Parts& parts);
  // Calls Stop.
  ~Ingest();

  // Calls `listener` with whether the source is being read and stored: once at first and at each
  // change, on an ingestion thread, one call at a time. Call before Start.
  void SetHealthListener(std::function<void(bool healthy)> listener) {
    supervisor_.SetHealthListener(std::move(listener));
  }
  // Starts the threads. Call once.
  void Start() { supervisor_.Start(); }
  // Cuts short the wait before the next connection attempt, for instance because a password was
  // corrected. An open connection stays open. From any thread.
  void RetryNow() { supervisor_.RetryNow(); }
  // Begins stopping and returns at once. What was read is still written to disk. From any thread.
  void RequestStop() { supervisor_.RequestStop(); }
  // Waits until what was read is on disk and the threads have ended. False if that takes longer
  // than `timeout`: a connection attempt cannot be interrupted.
  bool StopWithin(absl::Duration timeout) { return supervisor_.StopWithin(timeout); }
  // Like StopWithin, without a time limit. May be called again.
  void Stop() { supervisor_.Stop(); }

  // Thread-safe.
  IngestStatus status() const;
  // status().source_time alone, cheap enough to call for each progress message.
  Micros source_time() const;
  const TableCounterMap& table_counters() const { return session_.table_counters(); }

 private:
  Ingest(const Parts& parts, CaptureRules capture, TablePatterns statement_tables);

  Writer writer_;
  SourceSession session_;
  Supervisor supervisor_;
};

}  // namespace millrace::ingest
