// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/retry_policy.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "ingest/commit_time_limit.h"
#include "ingest/committer.h"
#include "ingest/event_processor.h"
#include "ingest/first_transaction.h"
#include "ingest/group_builder.h"
#include "ingest/ingest_status.h"
#include "ingest/pattern_warnings.h"
#include "ingest/prepared_xa.h"
#include "ingest/source_doubt.h"
#include "ingest/source_proof.h"
#include "ingest/source_watch.h"
#include "ingest/table_counters.h"
#include "ingest/writer.h"
#include "log/log.h"
#include "model/capture_rules.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"
#include "mysql/name_folding.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/live_changes.h"
#include "snapshot/stream_tasks.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// Keeps the log in step with the source: connects, checks, reads, commits, and begins again with
// growing pauses when the connection is lost. An error that trying again cannot mend stops it; what
// is stored stays served. Runs the tasks of those who read tables. Owns its threads.
class Ingest final : private Writer::Producer {
 public:
  struct Parts {
    const Config& config;
    const SourcePool& source;
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
  ~Ingest() override;

  // Calls `listener` with whether the source is being read and stored, on a thread of ingestion,
  // one call at a time. Before Start.
  void SetHealthListener(std::function<void(bool healthy)> listener) {
    health_listener_ = std::move(listener);
  }
  // Starts the threads. Called once.
  void Start();
  // Ends a wait for the next attempt to connect: a password or another cause of failures may have
  // been corrected. An open connection stays. From any thread.
  void RetryNow() ABSL_LOCKS_EXCLUDED(mutex_);
  // Begins to stop reading; what was read still goes to disk. From any thread.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until what was read is on disk and the threads have ended. False if they have not by
  // then: a connection that is being made cannot be interrupted.
  bool StopWithin(absl::Duration timeout);
  // The same without limit. May be called again.
  void Stop();

  // Thread-safe.
  IngestStatus status() const ABSL_LOCKS_EXCLUDED(mutex_);
  // status().source_time alone, for each message of progress.
  Micros source_time() const ABSL_LOCKS_EXCLUDED(mutex_);
  const TableCounterMap& table_counters() const { return table_counters_; }

 private:
  Ingest(const Parts& parts, CaptureRules capture, TablePatterns statement_tables);
  Micros SourceTime(State state) const;

  void Run();
  // Connects and reads until something fails.
  absl::Status RunOnce();
  absl::Status ConnectQueries();
  absl::Status LearnNames();
  absl::Status LearnTime();
  void NoteUnmatchedPatterns();
  // What the running maximum of commit times begins with.
  Micros StartTime();
  absl::StatusOr<SourcePosition> StartPosition();
  absl::Status Prepare();
  // That the source has the history that was read. Errors as SourceProof.
  absl::Status ProveSource();
  // Whether the server that queries_ reaches is the one that the position was read from.
  SourceDoubt::Server DoubtedServer() const;
  // Stores a doubt if `status` says that the source has another history. Returns `status`.
  absl::Status NoteDoubt(absl::Status status);
  absl::StatusOr<FirstTransaction> ReadAgain(const SourcePosition& from, SourceProof::Depth depth);
  // A stream that RequestStop interrupts until ForgetStream. kUnavailable SOURCE_DIFFERS: it is not
  // of the server that queries_ reaches.
  absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(const SourcePosition& from,
                                                           const SourcePool::StreamOptions& options)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void ForgetStream() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status ReadStream();
  // At a heartbeat: checks that the source continues the binlog that is read. Errors as
  // SourceWatch.
  absl::Status WatchSource() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CompareWithSource();
  // SOURCE_PURGED: as CheckNothingPassedBy. If it cannot be asked, it is asked later.
  absl::Status LookAtPurged();
  absl::Status NotePurged(const SourcePosition& ours);
  // Replaces queries_ with a new connection. Errors as OpenStream.
  absl::Status ReconnectQueries();
  // What the server of queries_ says now.
  absl::StatusOr<uint32_t> AskServerId();
  // Between two transactions: runs tasks that are due. If no event is on its way (`more`), also
  // those that are posted until one is.
  absl::Status RunTasks(BinlogStream& stream, bool more);
  absl::Status RunDueTasks(const BinlogStream& stream);
  // For the writer, whose other functions the processor answers.
  std::optional<CommitGroup> TakeGroup(bool drop_staged) override;
  void AfterHandOver() override;
  bool MayCloseFrame() const override { return processor_->may_close_frame(); }
  bool TakeMoved() override { return !processor_->in_transaction() && processor_->TakeMoved(); }
  // The server of queries_ wrote the binlog in which the position is a place.
  bool ServerIsOfPosition() const;
  // Where the dump begins: at the position, by GTID set if that leaves nothing out.
  absl::StatusOr<SourcePosition> DumpPosition();
  // Why an attempt ended; never OK, always with a reason.
  absl::Status Cause(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);
  enum class Wait { kOver, kEndedEarly, kStopping };
  Wait WaitBeforeRetry(const absl::Status& status, Micros backoff) ABSL_LOCKS_EXCLUDED(mutex_);
  bool WaitIsOver() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || retry_now_; }
  // kStop in place of kRetryOnce at the second time.
  RetryPolicy PolicyOf(const absl::Status& status);
  absl::StatusOr<std::optional<TableDetails>> FetchDetails(const TableName& table);
  void SetState(State state, const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReportHealth() ABSL_LOCKS_EXCLUDED(mutex_, health_mutex_);
  void PublishPosition() ABSL_LOCKS_EXCLUDED(mutex_);

  const Config& config_;
  const SourcePool& pool_;
  const SourceOptions& source_;
  log::Log& log_;
  schema::Registry& registry_;
  coverage::Coverage& coverage_;
  snapshot::StreamTasks& tasks_;
  const Clock& clock_;
  CommitTimeLimit commit_times_;
  const std::function<void(const TableName&)> on_uncovered_;
  const CaptureRules capture_;
  const TablePatterns statement_tables_;
  TableCounterMap table_counters_;
  PatternWarnings pattern_warnings_;
  absl::Mutex health_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // held while the listener is called
  std::function<void(bool)> health_listener_ = [](bool) {};

  Writer writer_;

  // The ingest thread's own.
  std::unique_ptr<Connection> queries_;
  NameFolding names_;  // of the source that queries_ reaches
  std::optional<transcode::FrameBuilder> builder_;
  snapshot::LiveChanges live_changes_;
  std::unique_ptr<PreparedXa> prepared_xa_;
  std::unique_ptr<EventProcessor> processor_;
  std::optional<GroupBuilder> groups_;
  uint64_t epoch_ = 0;  // connections of the stream so far
  bool checked_ = false;
  std::string findings_logged_;
  std::string source_uuid_;  // of the server that the position was read from; empty if unknown
  std::string read_uuid_;  // of the server that the last transaction was read from; empty: none was
  SourceDoubt doubt_;
  bool place_proven_ = false;   // the last transaction is in our file, before our offset
  bool begins_here_ = false;    // the position is the end of this server's binlog, and nothing else
  bool last_unproven_ = false;  // there is a last transaction, and it could not be compared
  SourceWatch watch_;           // of the stream
  Micros watch_again_at_ = 0;   // steady; not before
  bool reads_by_gtid_ = false;  // the stream was asked for by GTID set
  Micros purged_looked_at_ = 0;
  bool looks_at_purged_ = false;  // it is time to
  // What the source had purged and we had not read, and where its binlog ended then.
  struct Purged {
    MysqlGtidSet missing;
    SourcePosition end;
  };
  std::optional<Purged> purged_;
  std::string checksum_failed_at_;
  Micros streaming_since_ = 0;  // steady; 0: this attempt has not come so far
  Sequence counted_;

  // Read by status().
  std::atomic<uint64_t> changes_{0};
  std::atomic<uint64_t> transactions_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<Micros> heard_at_{0};
  std::atomic<Micros> commit_time_{0};
  std::atomic<bool> drained_{false};

  mutable absl::Mutex mutex_;
  IngestStatus status_ ABSL_GUARDED_BY(mutex_);
  std::string watch_refused_ ABSL_GUARDED_BY(mutex_);       // why; empty: it is watched
  BinlogStream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;  // to be interrupted
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool retry_now_ ABSL_GUARDED_BY(mutex_) = false;  // asked for and not taken yet

  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::ingest
