// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_session.h"

#include <charconv>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "ingest/later_statements.h"
#include "ingest/source_identity.h"
#include "ingest/source_memory.h"
#include "ingest/start_position.h"
#include "ingest/task_access.h"
#include "mysql/pattern_check.h"
#include "mysql/source_check.h"
#include "mysql/table_details.h"
#include "mysql/table_key.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {
namespace {

bool IsHeartbeat(std::string_view event) {
  constexpr size_t kTypeAt = 4;
  if (event.size() <= kTypeAt) return false;
  const auto type = static_cast<binlog::EventType>(event[kTypeAt]);
  return type == binlog::EventType::kHeartbeat || type == binlog::EventType::kHeartbeatV2;
}

}  // namespace

SourceSession::SourceSession(Parts parts)
    : config_(parts.config),
      source_(parts.source.options()),
      log_(parts.log),
      registry_(parts.registry),
      coverage_(parts.coverage),
      tasks_(parts.tasks),
      clock_(parts.clock),
      commit_times_(parts.clock),
      on_uncovered_(std::move(parts.on_uncovered)),
      capture_(std::move(parts.capture)),
      statement_tables_(std::move(parts.statement_tables)),
      writer_(parts.writer),
      progress_(parts.clock, source_.heartbeat_period),
      queries_(parts.source),
      streams_(parts.source),
      lookahead_stream_(parts.source),
      history_(parts.log, queries_),
      watcher_(queries_, parts.clock, source_.heartbeat_period) {
  tasks_.SetWake([this] { streams_.Wake(); });
  absl::MutexLock lock(&mutex_);
  status_.address =
      source_.socket.empty() ? fmt::format("{}:{}", source_.host, source_.port) : source_.socket;
}

void SourceSession::Interrupt() {
  tasks_.Close();
  streams_.Interrupt();
  lookahead_stream_.Interrupt();
  writer_.GiveUpWaiting();
}

void SourceSession::Finish() {
  tasks_.Close();
  writer_.End();
}

absl::Status SourceSession::Run(const std::function<void()>& on_streaming) {
  absl::Status status = ConnectAndRead(on_streaming);
  // A failure of the writer is the cause of the read error.
  if (const absl::Status written = writer_.status(); !written.ok()) status = written;
  if (queries_.connected() && processor_ != nullptr) {
    history_.RecordMismatch(status, processor_->memory().server);
  }
  return status;
}

absl::Status SourceSession::ConnectAndRead(const std::function<void()>& on_streaming) {
  MILLRACE_RETURN_IF_ERROR(ConnectQueries());
  MILLRACE_RETURN_IF_ERROR(Prepare());
  processor_->SetNames(names_);
  MILLRACE_RETURN_IF_ERROR(VerifySource());
  MILLRACE_ASSIGN_OR_RETURN(const SourcePosition from,
                            history_.DumpPosition(processor_->position()));
  MILLRACE_ASSIGN_OR_RETURN(const std::unique_ptr<BinlogStream> stream,
                            streams_.Open(queries_.generation(), from, {}));
  absl::Status status = FollowStream(*stream, !from.gtids.empty(), on_streaming);
  streams_.Forget();
  const absl::Status ended = EndStream();
  return status.ok() ? ended : status;
}

absl::Status SourceSession::FollowStream(BinlogStream& stream, bool by_gtid,
                                         const std::function<void()>& on_streaming) {
  watcher_.BeginStream(by_gtid);
  ++epoch_;
  spdlog::info("streaming from {} version={} position={} gtid_set={}", queries_.endpoint(),
               queries_.info().version_text, processor_->position().ToString(),
               processor_->position().gtids.ToString());
  PublishPosition();
  on_streaming();
  processor_->BeginStream({.position_is_valid = history_.PositionIsValid(),
                           .gtids_unverified = by_gtid && history_.GtidsUnverified(),
                           .by_gtid = by_gtid});
  const uint64_t read_before = processor_->transactions();
  absl::Status status = ReadEvents(stream);
  if (processor_->transactions() != read_before) history_.NoteRead(stream.server());
  return status;
}

absl::Status SourceSession::EndStream() {
  tasks_.EndEpoch(epoch_);
  builder_->CloseFrame();
  const bool staged = processor_->Reset();
  absl::Status handed_over = writer_.Flush(staged);
  PublishPosition();
  return handed_over;
}

absl::Status SourceSession::VerifySource() {
  processor_->SetSource(ServerName(queries_.info()), queries_.endpoint());
  const auto warning =
      history_.Verify({.position = processor_->position(), .memory = processor_->memory()},
                      [this](const SourcePosition& from, SourceVerification::Depth depth) {
                        return Reread(from, depth);
                      });
  watcher_.Reset();
  absl::MutexLock lock(&mutex_);
  status_.warnings.clear();
  if (warning.ok() && !warning->empty()) status_.warnings.push_back(*warning);
  return warning.status();
}

absl::StatusOr<FirstTransaction> SourceSession::Reread(const SourcePosition& from,
                                                       SourceVerification::Depth depth) {
  MILLRACE_ASSIGN_OR_RETURN(
      const std::unique_ptr<BinlogStream> stream,
      streams_.Open(queries_.generation(), from,
                    {.at_end = AtBinlogEnd::kEnd, .event_bytes_max = kRereadEventBytesMax}));
  FirstTransaction first = depth == SourceVerification::Depth::kFile
                               ? ReadFirstFile(*stream)
                               : ReadFirstTransaction(*stream);
  streams_.Forget();
  return first;
}

absl::Status SourceSession::ConnectQueries() {
  MILLRACE_RETURN_IF_ERROR(queries_.Connect());
  {
    absl::MutexLock lock(&mutex_);
    status_.flavour = queries_.info().flavour;
    status_.server_version = queries_.info().version_text;
  }
  MILLRACE_RETURN_IF_ERROR(history_.Identify());
  MILLRACE_RETURN_IF_ERROR(FetchNames());
  MILLRACE_RETURN_IF_ERROR(FetchSourceTime());
  NoteUnmatchedPatterns();
  if (checked_ || !source_.check_on_start) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(RequireReadySource(queries_.connection(), source_, findings_logged_));
  checked_ = true;
  return absl::OkStatus();
}

absl::Status SourceSession::FetchNames() {
  MILLRACE_ASSIGN_OR_RETURN(names_, FetchNameFolding(queries_.connection()));
  return FindingsStatus(CheckNames(queries_.info(), names_, source_, &config_.snapshot),
                        queries_.endpoint());
}

// Only informs operators; the feed works without it.
void SourceSession::NoteUnmatchedPatterns() {
  if (source_.tables.empty()) return;
  const auto tables = FetchTableNames(queries_.connection());
  if (tables.ok()) pattern_warnings_.Set(UnmatchedPatterns(source_.tables, *tables));
}

absl::Status SourceSession::FetchSourceTime() {
  // SYSDATE, unlike NOW, does not depend on the session's timestamp.
  MILLRACE_ASSIGN_OR_RETURN(const auto value,
                            queries_.connection().QueryValue(
                                "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED)"));
  const std::string text = value.value_or("");
  Micros time = 0;
  std::from_chars(text.data(), text.data() + text.size(), time);
  commit_times_.SetSourceTime(time);
  return absl::OkStatus();
}

Micros SourceSession::StartTime() {
  const bool begins_now = log_.source_position().empty() && source_.start.at == StartAt::kCurrent;
  // The log may be of an older version, which did not clamp commit times.
  return begins_now ? commit_times_.SourceNow() : commit_times_.Clamp(log_.commit_time_max());
}

absl::Status SourceSession::Prepare() {
  if (processor_ != nullptr) return absl::OkStatus();
  const std::string stored = log_.source_position();
  MILLRACE_ASSIGN_OR_RETURN(SourcePosition start,
                            StartPosition(stored, source_.start, queries_.connection()));
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<std::string> memory,
                            log_.GetRecord(log::RecordKind::kMeta, kSourceMemoryKey));
  MILLRACE_RETURN_IF_ERROR(history_.Load(stored.empty() && source_.start.at == StartAt::kCurrent &&
                                         !start.file.empty()));
  MILLRACE_ASSIGN_OR_RETURN(prepared_xa_, PreparedXa::Open(log_));
  MILLRACE_ASSIGN_OR_RETURN(merge_tables_, MergeTables::Open(log_));
  registry_.SetFlavour(queries_.info().flavour);
  builder_.emplace(
      config_.log.frame_bytes,
      transcode::FrameBuilder::Start{
          .newest = log_.range().newest, .gtids = start.gtids, .commit_time_max = StartTime()});
  newest_counted_ = log_.range().newest;
  writer_.Begin(*builder_, *this);
  processor_ =
      MakeProcessor(std::move(start), SourceMemory::FromBinary(memory.value_or(""), stored));
  groups_.emplace(*processor_, *builder_, registry_, coverage_, *prepared_xa_, *merge_tables_);
  // Store the position where the log starts, even before the first change.
  return writer_.Push(groups_->TakePosition());
}

std::unique_ptr<EventProcessor> SourceSession::MakeProcessor(SourcePosition start,
                                                             SourceMemory memory) {
  return std::make_unique<EventProcessor>(
      EventProcessor::Options{.flavour = queries_.info().flavour,
                              .capture = capture_,
                              .statement_tables = statement_tables_,
                              .event_bytes_max = source_.event_bytes_max,
                              .start = std::move(start),
                              .memory = std::move(memory)},
      EventProcessor::Parts{
          .registry = registry_,
          .builder = *builder_,
          .counters = table_counters_,
          .coverage = coverage_,
          .prepared_xa = *prepared_xa_,
          .merge_tables = *merge_tables_,
          .live_changes = live_changes_,
          .fetch_details = [this](const TableName& table) { return FetchDetails(table); },
          .redefined_later =
              [this](const TableName& table, RedefinedPart what, const BinlogPlace& from) {
                return RedefinedLater(table, what, from);
              },
          .hand_over = [this] { return writer_.HandOver(/*drop_staged=*/false); },
          .commit_times = &commit_times_});
}

absl::Status SourceSession::ReadEvents(BinlogStream& stream) {
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const std::string_view event, stream.Read());
    progress_.NoteEvent(event.size());
    writer_.NoteInput(event.size());
    const bool heartbeat = IsHeartbeat(event);
    MILLRACE_ASSIGN_OR_RETURN(const Step step, processor_->Process(event));
    if (step == Step::kContinue && processor_->in_transaction()) {
      MILLRACE_RETURN_IF_ERROR(writer_.AfterEvent());
      continue;
    }
    groups_->NoteTransactionEnd();
    const bool more = stream.HasMore();
    progress_.NoteTransactions({.count = processor_->transactions(),
                                .commit_time = processor_->commit_time(),
                                .more = more});
    MILLRACE_RETURN_IF_ERROR(
        writer_.AfterTransaction({.drop_staged = step == Step::kDropStaged, .more = more}));
    if (processor_->between_transactions()) {
      if (heartbeat && !more) {
        MILLRACE_RETURN_IF_ERROR(watcher_.OnHeartbeat(processor_->position()));
      }
      if (watcher_.purged_check_due()) [[unlikely]] {
        MILLRACE_RETURN_IF_ERROR(watcher_.CheckPurged(processor_->position()));
      }
      MILLRACE_RETURN_IF_ERROR(RunTasks(stream, more));
    }
  }
}

absl::Status SourceSession::RunTasks(BinlogStream& stream, bool more) {
  if (live_changes_.recording()) [[unlikely]]
    live_changes_.NoteTime(clock_.SteadyMicros());
  while (true) {
    if (tasks_.pending()) [[unlikely]]
      MILLRACE_RETURN_IF_ERROR(RunDueTasks(stream));
    // A new task wakes Wait but not Read, so do not call Read before there is something to read.
    if (more || !stream.Wait() || stream.HasMore()) return absl::OkStatus();
  }
}

absl::Status SourceSession::RunDueTasks(const BinlogStream& stream) {
  TaskAccess access({.processor = *processor_,
                     .builder = *builder_,
                     .registry = registry_,
                     .coverage = coverage_,
                     .live_changes = live_changes_,
                     .counters = table_counters_,
                     .groups = *groups_,
                     .server = stream.server(),
                     .ask_server_id = [this] { return queries_.ServerId(); },
                     .epoch = epoch_,
                     .hand_over = [this](bool drop_staged) { return writer_.Flush(drop_staged); }});
  const absl::Status status = tasks_.RunDue(access);
  if (access.ran()) processor_->OnTasksRun();
  if (status.ok()) return status;
  // kUnavailable, so that the feed reconnects: the stream itself works. If the cause is the disk,
  // Run returns the writer's error instead.
  return Reworded(status, absl::StatusCode::kUnavailable,
                  fmt::format("a task of a snapshot failed: {}", std::string(status.message())));
}

std::optional<CommitGroup> SourceSession::TakeGroup(bool drop_staged) {
  std::optional<CommitGroup> group = groups_->Take(drop_staged);
  if (!group.has_value() || !group->source_position.has_value()) return group;
  watcher_.NotePosition();
  progress_.NoteChanges(group->newest.value - newest_counted_.value);
  newest_counted_ = group->newest;
  PublishPosition();
  return group;
}

void SourceSession::AfterHandOver() {
  if (builder_->in_transaction()) return;
  for (const TableName& table : processor_->TakeUncovered()) on_uncovered_(table);
}

absl::StatusOr<std::optional<TableDetails>> SourceSession::FetchDetails(const TableName& table) {
  return queries_.Ask(
      [&table](Connection& connection) { return FetchTableDetails(connection, table); });
}

absl::StatusOr<bool> SourceSession::RedefinedLater(const TableName& table, RedefinedPart what,
                                                   const BinlogPlace& from) {
  MILLRACE_ASSIGN_OR_RETURN(
      const std::unique_ptr<BinlogStream> stream,
      lookahead_stream_.Open(queries_.generation(),
                             {.file = from.file, .offset = from.offset, .gtids = {}},
                             {.at_end = AtBinlogEnd::kEnd, .without_server_id = true}));
  const auto redefined = IsRedefinedLater(*stream, table, what, names_, source_.event_bytes_max);
  lookahead_stream_.Forget();
  return redefined;
}

void SourceSession::PublishPosition() {
  absl::MutexLock lock(&mutex_);
  status_.position = processor_->position();
}

IngestStatus SourceSession::status(State state) const {
  IngestStatus status;
  {
    absl::MutexLock lock(&mutex_);
    status = status_;
  }
  status.state = state;
  if (const std::string refused = watcher_.refused(); !refused.empty()) {
    status.warnings.push_back(
        fmt::format("a reset of the source's binlogs cannot be detected now: {}", refused));
  }
  for (std::string& warning : pattern_warnings_.List(table_counters_)) {
    status.warnings.push_back(std::move(warning));
  }
  status.changes = progress_.changes();
  status.transactions = progress_.transactions();
  status.bytes = progress_.bytes();
  status.commit_time = progress_.commit_time();
  status.source_time = source_time(state);
  return status;
}

}  // namespace millrace::ingest
