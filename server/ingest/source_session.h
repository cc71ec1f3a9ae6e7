// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "ingest/commit_time_limit.h"
#include "ingest/event_processor.h"
#include "ingest/first_transaction.h"
#include "ingest/group_builder.h"
#include "ingest/ingest_status.h"
#include "ingest/merge_tables.h"
#include "ingest/pattern_warnings.h"
#include "ingest/prepared_xa.h"
#include "ingest/read_progress.h"
#include "ingest/source_history.h"
#include "ingest/source_memory.h"
#include "ingest/source_queries.h"
#include "ingest/source_verification.h"
#include "ingest/source_watcher.h"
#include "ingest/stream_slot.h"
#include "ingest/supervisor.h"
#include "ingest/table_counters.h"
#include "ingest/writer.h"
#include "log/log.h"
#include "model/capture_rules.h"
#include "model/sequence.h"
#include "model/source_position.h"
#include "model/table_name.h"
#include "mysql/binlog_stream.h"
#include "mysql/name_folding.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/live_changes.h"
#include "snapshot/stream_tasks.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// Reads the source, one connection after another: verifies that it is the one that the log was fed
// from, opens its binlog, and turns events into groups for the writer. Between transactions, runs
// the tasks of snapshot readers and watches the source.
//
// Belongs to the ingest thread, except Interrupt, CanStore and functions marked otherwise.
class SourceSession final : public Supervisor::Session, private Writer::Producer {
 public:
  // All must outlive it.
  struct Parts {
    const Config& config;
    SourcePool& source;
    log::Log& log;
    schema::Registry& registry;
    coverage::Coverage& coverage;
    // Closed by Interrupt and Finish.
    snapshot::StreamTasks& tasks;
    const Clock& clock;
    Writer& writer;
    CaptureRules capture;
    TablePatterns statement_tables;
    std::function<void(const TableName&)> on_uncovered;  // see Ingest::Parts
  };
  explicit SourceSession(Parts parts);

  absl::Status Run(const std::function<void()>& on_streaming) override;
  void Interrupt() override;
  void Finish() override;
  uint64_t transactions() const override {
    return processor_ == nullptr ? 0 : processor_->transactions();
  }
  std::string ResumePosition() const override {
    return processor_ == nullptr ? "" : processor_->position().ToString();
  }
  bool CanStore() const override { return writer_.disk_error().ok(); }

  // From any thread. Excludes what the supervisor and the writer report.
  IngestStatus status(State state) const ABSL_LOCKS_EXCLUDED(mutex_);
  Micros source_time(State state) const { return progress_.SourceTime(state == State::kStreaming); }
  const TableCounterMap& table_counters() const { return table_counters_; }

 private:
  // Connects, and reads until an error.
  absl::Status ConnectAndRead(const std::function<void()>& on_streaming);
  absl::Status ConnectQueries();
  absl::Status FetchNames();
  absl::Status FetchSourceTime();
  void NoteUnmatchedPatterns();
  // The initial maximum of commit times.
  Micros StartTime();
  // At the first connection: sets up reading from where the log ends.
  absl::Status Prepare();
  std::unique_ptr<EventProcessor> MakeProcessor(SourcePosition start, SourceMemory memory);
  // Verifies that the source has the history that was read. Errors as SourceHistory::Verify.
  absl::Status VerifySource() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<FirstTransaction> Reread(const SourcePosition& from,
                                          SourceVerification::Depth depth);
  // Reads `stream`, which was requested by GTID set or by file and offset, until it fails.
  absl::Status FollowStream(BinlogStream& stream, bool by_gtid,
                            const std::function<void()>& on_streaming);
  absl::Status ReadEvents(BinlogStream& stream);
  // After a failure of the stream: finished transactions are kept, the one in progress is read
  // again.
  absl::Status EndStream();
  // Between two transactions: runs due tasks. If no event is on its way (`more` is false), also
  // runs tasks posted before one arrives.
  absl::Status RunTasks(BinlogStream& stream, bool more);
  absl::Status RunDueTasks(const BinlogStream& stream);
  // Writer::Producer.
  std::optional<CommitGroup> TakeGroup(bool drop_staged) override;
  void AfterHandOver() override;
  bool MayCloseFrame() const override { return processor_->may_close_frame(); }
  bool TakePositionMoved() override {
    return !processor_->in_transaction() && processor_->TakePositionMoved();
  }
  absl::StatusOr<std::optional<TableDetails>> FetchDetails(const TableName& table);
  // See IsRedefinedLater; opens its own connection beside the stream. Errors as
  // SourcePool::OpenStream too.
  absl::StatusOr<bool> RedefinedLater(const TableName& table, RedefinedPart what,
                                      const BinlogPlace& from);
  void PublishPosition() ABSL_LOCKS_EXCLUDED(mutex_);

  const Config& config_;
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
  Writer& writer_;
  TableCounterMap table_counters_;
  PatternWarnings pattern_warnings_;
  ReadProgress progress_;

  // Used by the ingest thread only.
  SourceQueries queries_;
  StreamSlot streams_;
  StreamSlot lookahead_stream_;  // beside the stream
  NameFolding names_;            // of the source that queries_ is connected to
  std::optional<transcode::FrameBuilder> builder_;
  snapshot::LiveChanges live_changes_;
  std::unique_ptr<PreparedXa> prepared_xa_;
  std::unique_ptr<MergeTables> merge_tables_;
  std::unique_ptr<EventProcessor> processor_;
  std::optional<GroupBuilder> groups_;
  uint64_t epoch_ = 0;  // number of stream connections so far
  bool checked_ = false;
  std::string findings_logged_;
  SourceHistory history_;
  SourceWatcher watcher_;
  Sequence newest_counted_;

  mutable absl::Mutex mutex_;
  IngestStatus status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::ingest
