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

// Keeps the log in step with the source: connects, checks, reads, commits, and begins again with
// growing pauses when the connection is lost. An error that a retry cannot fix stops it; what
// is stored stays served. Runs the tasks of those who read tables. Owns its threads.
//
// A session reads, a writer stores what it reads, and a supervisor runs the session.
class Ingest {
 public:
  struct Parts {
    const Config& config;
    SourcePool& source;
    log::Log& log;
    schema::Registry& registry;
    coverage::Coverage& coverage;
    // What they ask for is run here. Closed when ingest ends.
    snapshot::StreamTasks& tasks;
    const Clock& clock;
    Committer::Options committer;
    // Told of a captured table that got rows the log never saw (RENAME), on the ingest thread,
    // after its change was handed on. Must be quick.
    std::function<void(const TableName&)> on_uncovered = [](const TableName&) {};
  };
  // kInvalidArgument: source.tables, exclude_columns or statement_tables are no patterns. kDataLoss
  // LOG_DAMAGED: the stored position is unreadable.
  static absl::StatusOr<std::unique_ptr<Ingest>> Make(const Parts& parts);
  // Stops.
  ~Ingest();

  // Calls `listener` with whether the source is being read and stored, at first and at each change,
  // on a thread of ingestion, one call at a time. Before Start.
  void SetHealthListener(std::function<void(bool healthy)> listener) {
    supervisor_.SetHealthListener(std::move(listener));
  }
  // Starts the threads. Called once.
  void Start() { supervisor_.Start(); }
  // Ends a wait for the next attempt to connect: a password or another cause of failures may have
  // been corrected. An open connection stays. From any thread.
  void RetryNow() { supervisor_.RetryNow(); }
  // Begins to stop reading; what was read still goes to disk. From any thread.
  void RequestStop() { supervisor_.RequestStop(); }
  // Waits until what was read is on disk and the threads have ended. False if they have not by
  // then: a connection that is being made cannot be interrupted.
  bool StopWithin(absl::Duration timeout) { return supervisor_.StopWithin(timeout); }
  // The same without limit. May be called again.
  void Stop() { supervisor_.Stop(); }

  // Thread-safe.
  IngestStatus status() const;
  // status().source_time alone, for each message of progress.
  Micros source_time() const;
  const TableCounterMap& table_counters() const { return session_.table_counters(); }

 private:
  Ingest(const Parts& parts, CaptureRules capture, TablePatterns statement_tables);

  Writer writer_;
  SourceSession session_;
  Supervisor supervisor_;
};

}  // namespace millrace::ingest
