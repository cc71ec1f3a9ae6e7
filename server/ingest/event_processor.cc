// SPDX-License-Identifier: Apache-2.0

#include "ingest/event_processor.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "base/scratch.h"
#include "binlog/compression.h"
#include "fmt/format.h"

namespace millrace::ingest {

using binlog::EventType;

EventProcessor::EventProcessor(Options options, const Parts& parts)
    : options_(std::move(options)),
      registry_(parts.registry),
      builder_(parts.builder),
      coverage_(parts.coverage),
      prepared_xa_(parts.prepared_xa),
      merge_tables_(parts.merge_tables),
      live_changes_(parts.live_changes),
      plans_(options_.flavour, options_.capture, parts.registry, parts.counters, parts.merge_tables,
             parts.fetch_details,
             [this, ask = parts.redefined_later](const TableName& table, RedefinedPart what) {
               return ask(table, what, {.file = file_, .offset = event_offset_});
             }),
      hand_over_(parts.hand_over),
      commit_times_(parts.commit_times),
      reader_(options_.flavour),
      recorder_(options_.memory),
      file_order_(options_.flavour),
      file_(options_.start.file),
      offset_(options_.start.offset),
      resume_file_(file_),
      resume_offset_(offset_) {}

SourcePosition EventProcessor::position() const {
  return {.file = resume_file_, .offset = resume_offset_, .gtids = builder_.gtids()};
}

absl::StatusOr<Step> EventProcessor::Process(std::string_view event_bytes) {
  event_offset_ = offset_;
  event_type_ = EventType::kUnknown;
  const auto event = reader_.Read(event_bytes);
  if (!event.ok()) return AtEvent(event.status());
  event_type_ = event->header.type;
  Advance(*event);
  auto step = Dispatch(*event);
  if (!step.ok()) return AtEvent(step.status());
  return step;
}

void EventProcessor::Advance(const Event& event) {
  constexpr uint64_t kWrap = uint64_t{1} << 32;
  const binlog::EventHeader& header = event.header;
  const bool artificial = (header.flags & binlog::EventHeader::kFlagArtificial) != 0;
  const bool heartbeat =
      header.type == EventType::kHeartbeat || header.type == EventType::kHeartbeatV2;
  if (artificial || heartbeat) return;
  transaction_bytes_ += header.size;
  if (header.end_position == 0) return;
  // The header has only 32 bits for the position, but a file may be longer.
  uint64_t position = (offset_ & ~(kWrap - 1)) | header.end_position;
  if (position < offset_) position += kWrap;
  offset_ = position;
}

absl::StatusOr<Step> EventProcessor::Dispatch(const Event& event) {
  switch (event.header.type) {
    case EventType::kTableMap: {
      if (in_xa_) [[unlikely]]
        MILLRACE_RETURN_IF_ERROR(NoteTableOfXa(event));
      MILLRACE_RETURN_IF_ERROR(
          plans_.Map(event.body, commit_time_ / 1'000'000, builder_.newest().next()));
      return Step::kContinue;
    }
    case EventType::kWriteRowsV0:
    case EventType::kUpdateRowsV0:
    case EventType::kDeleteRowsV0:
    case EventType::kWriteRowsV1:
    case EventType::kUpdateRowsV1:
    case EventType::kDeleteRowsV1:
    case EventType::kWriteRows:
    case EventType::kUpdateRows:
    case EventType::kDeleteRows:
    case EventType::kPartialUpdateRows:
      return OnRows(event);
    default:
      return DispatchTransaction(event);
  }
}

absl::StatusOr<Step> EventProcessor::DispatchTransaction(const Event& event) {
  switch (event.header.type) {
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
      return OnMysqlGtid(event);
    case EventType::kMariadbGtid:
      return OnMariadbGtid(event);
    case EventType::kQuery:
      return OnQuery(event);
    case EventType::kExecuteLoadQuery:
      return OnLoadQuery(event);
    case EventType::kXid:
      if (!in_transaction_) return Unexpected("commit outside of a transaction");
      return Commit();
    case EventType::kXaPrepare:
      return OnXaPrepare(event);
    case EventType::kTransactionPayload:
      return OnPayload(event);
    default:
      if (binlog::IsCompressed(event.header.type)) return OnCompressed(event);
      return DispatchControl(event);
  }
}

absl::StatusOr<Step> EventProcessor::DispatchControl(const Event& event) {
  switch (event.header.type) {
    case EventType::kRotate:
      return OnRotate(event);
    case EventType::kFormatDescription:
      return OnFormatDescription(event);
    case EventType::kPreviousGtids:
    case EventType::kMariadbGtidList:
      return OnPreviousGtids(event);
    case EventType::kHeartbeat:
    case EventType::kHeartbeatV2:
      return OnHeartbeat(event);
    case EventType::kIncident: {
      const auto message = binlog::ParseIncident(event);
      return MakeError(reason::kSourceIncident,
                       fmt::format("the source says that changes are missing from its binlog "
                                   "('{}'); compare the tables with "
                                   "what was delivered, then start a new log after this event",
                                   message.ok() ? *message : "no message"));
    }
    default:
      return DispatchIgnored(event);
  }
}

// Ignores events that carry no change: server bookkeeping, the text of statements whose rows
// follow, and settings and files for statements. The latter take effect only through a statement
// that OnQuery or OnLoadQuery sees.
absl::StatusOr<Step> EventProcessor::DispatchIgnored(const Event& event) const {
  switch (event.header.type) {
    case EventType::kStop:
    case EventType::kIntvar:
    case EventType::kRand:
    case EventType::kUserVar:
    case EventType::kIgnorable:
    case EventType::kRowsQuery:
    case EventType::kTransactionContext:
    case EventType::kViewChange:
    case EventType::kMariadbAnnotateRows:
    case EventType::kMariadbBinlogCheckpoint:
    case EventType::kMariadbStartEncryption:
      return Step::kContinue;
    case EventType::kBeginLoadQuery:
    case EventType::kAppendBlock:
    case EventType::kDeleteFile:
      return Step::kContinue;
    default:
      break;
  }
  if ((event.header.flags & binlog::EventHeader::kFlagIgnorable) != 0) return Step::kContinue;
  return MakeError(reason::kEventUnknown,
                   fmt::format("this version does not know event type {}; upgrade Millrace, or "
                               "switch off the feature of the source that writes it",
                               static_cast<int>(event.header.type)));
}

absl::StatusOr<Step> EventProcessor::OnRotate(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Rotate rotate, binlog::ParseRotate(event));
  // A source that crashed wrote no ROTATE event; the one it sends then is artificial.
  const bool artificial = (event.header.flags & binlog::EventHeader::kFlagArtificial) != 0;
  if ((in_transaction_ || announced_) && !artificial) return TransactionTruncated("the file ends");
  MILLRACE_RETURN_IF_ERROR(recorder_.OnFile(rotate.file, /*first=*/!file_known_));
  MILLRACE_RETURN_IF_ERROR(file_order_.OnRotate(rotate.file, artificial));
  file_ = std::string(rotate.file);
  offset_ = rotate.position;
  // With a GTID set, the source may start with a file that we have partly read. The start of that
  // file is not a position to resume from by file and offset.
  const bool begins = !std::exchange(file_known_, true);
  if (in_transaction_ || (begins && keeps_position_)) return Step::kContinue;
  // Do not resume after a file that may be missing.
  if (file_order_.may_miss_file()) return Step::kContinue;
  resume_file_ = file_;
  resume_offset_ = offset_;
  return Step::kCommitPoint;
}

absl::StatusOr<Step> EventProcessor::OnFormatDescription(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Format format, binlog::ParseFormatDescription(event));
  // The file was created before any transaction in it was committed, even if a commit time is
  // earlier.
  builder_.RaiseCommitTimeMax(ClampedCommitTime(Micros{event.header.timestamp} * 1'000'000));
  MILLRACE_RETURN_IF_ERROR(recorder_.OnFormat(event.header.timestamp));
  plans_.Clear();
  if (format.created != 0) temporary_tables_.Clear();
  // If a transaction is in progress, the source crashed in the middle of it and rolled it back.
  return Abandon();
}

absl::StatusOr<Step> EventProcessor::OnPreviousGtids(const Event& event) {
  // MariaDB also sends an artificial event of this type with the position of the dump; it is in no
  // file.
  const bool artificial = (event.header.flags & binlog::EventHeader::kFlagArtificial) != 0;
  if (artificial || !file_order_.may_miss_file()) return Step::kContinue;
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet previous, binlog::ParsePreviousGtids(event));
  MILLRACE_RETURN_IF_ERROR(file_order_.OnPreviousGtids(previous, builder_.gtids()));
  resume_file_ = file_;
  resume_offset_ = offset_;
  return Step::kCommitPoint;
}

absl::StatusOr<Step> EventProcessor::OnHeartbeat(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Heartbeat heartbeat, binlog::ParseHeartbeat(event));
  if (heartbeat.file != file_) return Step::kContinue;
  // A source sends whole transactions, and heartbeats only when it has sent everything.
  if (in_transaction_ || announced_) return TransactionTruncated("the source sends heartbeats");
  // The source skipped transactions that we have or that it must not send.
  offset_ = std::max(offset_, heartbeat.position);
  if (file_ == resume_file_ && heartbeat.position <= resume_offset_) return Step::kContinue;
  resume_offset_ = heartbeat.position;
  resume_file_ = file_;
  position_moved_ = true;
  return Step::kCommitPoint;
}

absl::StatusOr<Step> EventProcessor::OnPayload(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(
      const auto payload, binlog::TransactionPayloadReader::Open(event, options_.event_bytes_max));
  Step step = Step::kContinue;
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const auto bytes, payload->Next());
    if (!bytes.has_value()) return step;
    MILLRACE_ASSIGN_OR_RETURN(const Event inner, reader_.ReadInsidePayload(*bytes));
    // These events would move the position or discard data that is handed over below.
    if (inner.header.type == EventType::kFormatDescription ||
        inner.header.type == EventType::kRotate) {
      return Unexpected("the end of a file inside a compressed transaction");
    }
    MILLRACE_ASSIGN_OR_RETURN(step, Dispatch(inner));
    if (builder_.has_closed_frames()) MILLRACE_RETURN_IF_ERROR(hand_over_());
  }
}

absl::StatusOr<Step> EventProcessor::OnCompressed(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const Event plain,
                            binlog::Uncompress(event, options_.event_bytes_max, uncompressed_));
  auto step = Dispatch(plain);
  ReleaseScratch(uncompressed_);
  return step;
}

absl::Status EventProcessor::Unexpected(std::string_view what) const {
  return MakeError(reason::kEventUnexpected,
                   fmt::format("{}; verify the source's binlog with mysqlbinlog", what));
}

absl::Status EventProcessor::TransactionTruncated(std::string_view when) const {
  return MakeError(
      reason::kEventTruncated,
      fmt::format("{} before the end of the transaction at offset {}; verify the source's binlog "
                  "with mysqlbinlog",
                  when, transaction_offset_));
}

absl::Status EventProcessor::AtEvent(const absl::Status& status) const {
  return WithContext(status, fmt::format("{} event at {}:{}", binlog::EventTypeName(event_type_),
                                         file_, event_offset_));
}

}  // namespace millrace::ingest
