// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_session.h"

#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "fmt/format.h"
#include "ingest/source_identity.h"
#include "ingest/source_memory.h"
#include "ingest/stream_access.h"
#include "model/binlog_place.h"
#include "mysql/anonymous_transactions.h"
#include "mysql/current_position.h"
#include "mysql/errors.h"
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
      pool_(parts.source),
      source_(pool_.options()),
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
      watcher_(queries_, parts.clock, source_.heartbeat_period) {
  tasks_.SetWake([this] {
    absl::MutexLock lock(&mutex_);
    if (stream_ != nullptr) stream_->Wake();
  });
  absl::MutexLock lock(&mutex_);
  status_.address =
      source_.socket.empty() ? fmt::format("{}:{}", source_.host, source_.port) : source_.socket;
}

void SourceSession::Interrupt() {
  // Not under the mutex, which waking takes.
  tasks_.Close();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Interrupt();
  }
  writer_.GiveUpWaiting();
}

void SourceSession::Finish() {
  tasks_.Close();
  writer_.End();
}

absl::Status SourceSession::Run(const std::function<void()>& on_streaming) {
  absl::Status status = ConnectAndRead(on_streaming);
  // That is why the writer takes no more.
  if (const absl::Status written = writer_.status(); !written.ok()) status = written;
  return NoteDoubt(std::move(status));
}

bool SourceSession::ServerIsOfPosition() const {
  const std::string& uuid = queries_.info().server_uuid;
  return !uuid.empty() && uuid == source_uuid_ && (read_uuid_.empty() || uuid == read_uuid_);
}

absl::StatusOr<SourcePosition> SourceSession::DumpPosition() {
  SourcePosition position = processor_->position();
  // With gtid_strict_mode OFF the numbers of a domain may go back; a GTID set then names no place.
  const bool mariadb = queries_.info().flavour == Flavour::kMariadb;
  if (mariadb && place_proven_) position.gtids = GtidSet();
  if (!ServerIsOfPosition() || !queries_.info().gtids()) return position;
  MILLRACE_ASSIGN_OR_RETURN(const bool anonymous,
                            AnonymousTransactionsFollow(queries_.connection(), position));
  if (anonymous) position.gtids = GtidSet();
  return position;
}

absl::Status SourceSession::ConnectAndRead(const std::function<void()>& on_streaming) {
  MILLRACE_RETURN_IF_ERROR(ConnectQueries());
  MILLRACE_RETURN_IF_ERROR(Prepare());
  processor_->SetNames(names_);
  MILLRACE_RETURN_IF_ERROR(ProveSource());
  MILLRACE_ASSIGN_OR_RETURN(const SourcePosition from, DumpPosition());
  MILLRACE_ASSIGN_OR_RETURN(const std::unique_ptr<BinlogStream> stream, OpenStream(from, {}));
  const bool by_gtid = !from.gtids.empty();
  watcher_.BeginStream(by_gtid);
  ++epoch_;
  spdlog::info("streaming from {} version={} position={} gtid_set={}", queries_.endpoint(),
               queries_.info().version_text, processor_->position().ToString(),
               processor_->position().gtids.ToString());
  PublishPosition();
  on_streaming();
  const bool mariadb = queries_.info().flavour == Flavour::kMariadb;
  processor_->BeginStream({.of_position = ServerIsOfPosition(),
                           .gtids_unproven = mariadb && by_gtid && last_unproven_});
  const uint64_t read_before = processor_->transactions();
  const absl::Status status = ReadStream();
  if (processor_->transactions() != read_before) read_uuid_ = stream->server().server_uuid;
  ForgetStream();
  tasks_.EndEpoch(epoch_);
  // What ended stays, what was in progress is read again.
  builder_->CloseFrame();
  const bool staged = processor_->Reset();
  const absl::Status handed_over = writer_.Flush(staged);
  PublishPosition();
  return status.ok() ? handed_over : status;
}

absl::StatusOr<std::unique_ptr<BinlogStream>> SourceSession::OpenStream(
    const SourcePosition& from, const SourcePool::StreamOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(auto stream, pool_.OpenStream(queries_.info(), from, options));
  absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::CancelledError();
  stream_ = stream.get();
  return stream;
}

void SourceSession::ForgetStream() {
  absl::MutexLock lock(&mutex_);
  stream_ = nullptr;
}

absl::Status SourceSession::ProveSource() {
  place_proven_ = last_unproven_ = false;
  const bool begins_here = std::exchange(begins_here_, false);
  processor_->SetSource(ServerName(queries_.info()), queries_.endpoint());
  const SourcePosition position = processor_->position();
  const SourceMemory memory = processor_->memory();
  const auto proof =
      SourceProof::Check(queries_.connection(),
                         {.position = position,
                          .memory = memory,
                          .uuid = source_uuid_,
                          .doubted = doubt_.Concerns(DoubtedServer())},
                         [this](const SourcePosition& from, SourceProof::Depth depth) {
                           return ReadAgain(from, depth);
                         });
  watcher_.Reset();
  {
    absl::MutexLock lock(&mutex_);
    status_.warnings.clear();
    if (!proof.ok()) return proof.status();
    if (!proof->warning.empty()) status_.warnings.push_back(proof->warning);
  }
  // The place where the log begins is one that this server told of a moment ago.
  place_proven_ = begins_here || (proof->compared && proof->same_file);
  last_unproven_ = !proof->compared && memory.last.has_value();
  return proof->compared ? doubt_.Clear(log_) : absl::OkStatus();
}

SourceDoubt::Server SourceSession::DoubtedServer() const {
  const std::string ours = processor_->memory().server;
  const bool is_ours = ours.empty() || ours == ServerName(queries_.info());
  return is_ours ? SourceDoubt::Server::kOurs : SourceDoubt::Server::kOther;
}

absl::Status SourceSession::NoteDoubt(absl::Status status) {
  const std::string reason = ErrorReason(status);
  if (reason != "SOURCE_CHANGED" && reason != "SOURCE_LACKS_GTIDS") return status;
  if (!queries_.connected() || processor_ == nullptr) return status;
  const absl::Status stored = doubt_.Raise(log_, DoubtedServer());
  // The feed stops with `status` in any case; without the record a restart could trust the source.
  if (!stored.ok()) {
    spdlog::warn("the doubt about the source is not stored: {}", std::string(stored.message()));
  }
  return status;
}

absl::StatusOr<FirstTransaction> SourceSession::ReadAgain(const SourcePosition& from,
                                                          SourceProof::Depth depth) {
  MILLRACE_ASSIGN_OR_RETURN(
      const std::unique_ptr<BinlogStream> stream,
      OpenStream(from, {.at_end = AtBinlogEnd::kEnd, .event_bytes_max = kAgainEventBytesMax}));
  FirstTransaction first =
      depth == SourceProof::Depth::kFile ? ReadFirstFile(*stream) : ReadFirstTransaction(*stream);
  ForgetStream();
  return first;
}

absl::Status SourceSession::ConnectQueries() {
  MILLRACE_RETURN_IF_ERROR(queries_.Connect());
  {
    absl::MutexLock lock(&mutex_);
    status_.flavour = queries_.info().flavour;
    status_.server_version = queries_.info().version_text;
  }
  MILLRACE_ASSIGN_OR_RETURN(source_uuid_, CheckSourceIdentity(log_, queries_.connection()));
  MILLRACE_RETURN_IF_ERROR(LearnNames());
  MILLRACE_RETURN_IF_ERROR(LearnTime());
  NoteUnmatchedPatterns();
  if (checked_ || !source_.check_on_start) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(RequireReadySource(queries_.connection(), source_, findings_logged_));
  checked_ = true;
  return absl::OkStatus();
}

absl::Status SourceSession::LearnNames() {
  MILLRACE_ASSIGN_OR_RETURN(names_, FetchNameFolding(queries_.connection()));
  return FindingsStatus(CheckNames(queries_.info(), names_, source_, &config_.snapshot),
                        queries_.endpoint());
}

// Only for operators: the feed works without.
void SourceSession::NoteUnmatchedPatterns() {
  if (source_.tables.empty()) return;
  const auto tables = FetchTableNames(queries_.connection());
  if (tables.ok()) pattern_warnings_.Set(UnmatchedPatterns(source_.tables, *tables));
}

absl::Status SourceSession::LearnTime() {
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
  // The log may be of a version that believed every time.
  return begins_now ? commit_times_.SourceNow() : commit_times_.Clamp(log_.commit_time_max());
}

absl::StatusOr<SourcePosition> SourceSession::StartPosition() {
  const std::string stored = log_.source_position();
  if (!stored.empty()) return SourcePosition::FromBinary(stored);
  switch (source_.start.at) {
    case StartAt::kCurrent:
      return CurrentPosition(queries_.connection());
    case StartAt::kEarliest:
      return EarliestPosition(queries_.connection());
    case StartAt::kGtidSet: {
      SourcePosition position;
      MILLRACE_ASSIGN_OR_RETURN(position.gtids,
                                GtidSet::Parse(queries_.info().flavour, source_.start.gtid_set));
      return position;
    }
    case StartAt::kPosition:
      return SourcePosition{
          .file = source_.start.file, .offset = source_.start.position, .gtids = {}};
  }
  return absl::InternalError("unknown source.start");
}

absl::Status SourceSession::Prepare() {
  if (processor_ != nullptr) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(SourcePosition start, StartPosition());
  begins_here_ = log_.source_position().empty() && source_.start.at == StartAt::kCurrent &&
                 !start.file.empty();
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<std::string> memory,
                            log_.GetRecord(log::RecordKind::kMeta, kSourceMemoryKey));
  MILLRACE_ASSIGN_OR_RETURN(doubt_, SourceDoubt::Load(log_));
  MILLRACE_ASSIGN_OR_RETURN(prepared_xa_, PreparedXa::Open(log_));
  registry_.SetFlavour(queries_.info().flavour);
  builder_.emplace(
      config_.log.frame_bytes,
      transcode::FrameBuilder::Start{
          .newest = log_.range().newest, .gtids = start.gtids, .commit_time_max = StartTime()});
  counted_ = log_.range().newest;
  writer_.Begin(*builder_, *this);
  processor_ = std::make_unique<EventProcessor>(
      EventProcessor::Options{
          .flavour = queries_.info().flavour,
          .capture = capture_,
          .statement_tables = statement_tables_,
          .event_bytes_max = source_.event_bytes_max,
          .start = std::move(start),
          .memory = SourceMemory::FromBinary(memory.value_or(""), log_.source_position())},
      EventProcessor::Parts{
          .registry = registry_,
          .builder = *builder_,
          .counters = table_counters_,
          .coverage = coverage_,
          .prepared_xa = *prepared_xa_,
          .live_changes = live_changes_,
          .fetch_details = [this](const TableName& table) { return FetchDetails(table); },
          .hand_over = [this] { return writer_.HandOver(/*drop_staged=*/false); },
          .commit_times = &commit_times_});
  groups_.emplace(*processor_, *builder_, registry_, coverage_, *prepared_xa_);
  // The place where the log begins is part of it, even before the first change.
  return writer_.Push(groups_->TakePlace());
}

absl::Status SourceSession::ReadStream() {
  BinlogStream* stream = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    stream = stream_;
  }
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const std::string_view event, stream->Read());
    progress_.NoteEvent(event.size());
    writer_.NoteInput(event.size());
    const bool heartbeat = IsHeartbeat(event);
    MILLRACE_ASSIGN_OR_RETURN(const Step step, processor_->Process(event));
    if (step == Step::kWithin && processor_->in_transaction()) {
      MILLRACE_RETURN_IF_ERROR(writer_.AfterEvent());
      continue;
    }
    groups_->NoteTransactionEnd();
    const bool more = stream->HasMore();
    progress_.NoteTransactions({.count = processor_->transactions(),
                                .commit_time = processor_->commit_time(),
                                .more = more});
    MILLRACE_RETURN_IF_ERROR(
        writer_.AfterTransaction({.drop_staged = step == Step::kDropStaged, .more = more}));
    if (processor_->between_transactions()) {
      if (heartbeat && !more)
        MILLRACE_RETURN_IF_ERROR(watcher_.OnHeartbeat(processor_->position()));
      if (watcher_.looks_at_purged()) [[unlikely]]
        MILLRACE_RETURN_IF_ERROR(watcher_.LookAtPurged(processor_->position()));
      MILLRACE_RETURN_IF_ERROR(RunTasks(*stream, more));
    }
  }
}

absl::Status SourceSession::RunTasks(BinlogStream& stream, bool more) {
  if (live_changes_.recording()) [[unlikely]]
    live_changes_.NoteTime(clock_.SteadyMicros());
  while (true) {
    if (tasks_.pending()) [[unlikely]]
      MILLRACE_RETURN_IF_ERROR(RunDueTasks(stream));
    // Whoever posts a task ends a Wait, but not a Read.
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
  if (access.ran()) processor_->NoteTasks();
  if (status.ok()) return status;
  // The stream itself is in order: a new connection begins where this one stands. Whether the disk
  // is, Run asks the writer.
  return MakeError(absl::StatusCode::kUnavailable, ErrorReason(status),
                   fmt::format("a task of a snapshot failed: {}", std::string(status.message())));
}

std::optional<CommitGroup> SourceSession::TakeGroup(bool drop_staged) {
  std::optional<CommitGroup> group = groups_->Take(drop_staged);
  if (!group.has_value() || !group->source_position.has_value()) return group;
  watcher_.NotePosition();
  progress_.NoteChanges(group->newest.value - counted_.value);
  counted_ = group->newest;
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
        fmt::format("a reset of the source's binlogs would not be noticed now: {}", refused));
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
