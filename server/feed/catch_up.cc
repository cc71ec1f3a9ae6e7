// SPDX-License-Identifier: Apache-2.0

#include "feed/catch_up.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "feed/position.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "millrace/v1/change_feed.pb.h"
#include "wire/transaction.h"

namespace millrace::feed {
namespace {

// Bounds one step, so that other readers of the disk get their turn and the token advances.
constexpr size_t kScanBytesMax = 4 << 20;

absl::Status Damaged(Sequence sequence, std::string_view what) {
  return log::LogDamaged(fmt::format("change {}: {}", sequence.value, what),
                         {{"sequence", fmt::format("{}", sequence.value)}});
}

absl::Status PartialRow(Sequence sequence) {
  return MakeError(reason::kSnapshotUnavailable,
                   fmt::format("change {} holds only some columns of a row: set "
                               "binlog_row_image=FULL, then take a new snapshot of the table",
                               sequence.value),
                   {{"sequence", fmt::format("{}", sequence.value)}});
}

absl::Status TrimmedAsExpired(const absl::Status& status) {
  return HasReason(status, reason::kTokenTrimmed) ? SnapshotExpired() : status;
}

}  // namespace

CatchUp::CatchUp(const Feed& feed, CatchUpOptions options)
    : feed_(feed),
      tables_(std::move(options.tables)),
      patterns_digest_(options.patterns_digest),
      response_bytes_max_(options.response_bytes_max),
      memory_bytes_(options.memory_bytes),
      parts_(std::move(options.parts)),
      digester_(feed.log().log_id()) {
  for (const CatchUpTable& table : tables_.tables) by_id_.emplace(table.table_id, &table);
  if (parts_.empty()) parts_.push_back({.depth = 0, .prefix = 0, .sent = tables_.newest.next()});
  BeginPart();
}

void CatchUp::BeginPart() {
  seen_.Clear();
  at_ = tables_.newest.next();
}

void CatchUp::EndPart() {
  parts_.pop_back();
  BeginPart();
}

Token CatchUp::token() const {
  Token token{.log_id = feed_.log().log_id(), .sequence = tables_.newest, .gtids = {}};
  token.catch_up = CatchUpPlace{.patterns_digest = patterns_digest_,
                                .tables_digest = tables_.digest,
                                .begin = tables_.begin,
                                .parts = parts_};
  if (!parts_.empty()) {
    Sequence& sent = token.catch_up->parts.back().sent;
    sent = std::min(sent, at_);
  }
  token.catch_up->tables = RemainingTables(token.catch_up->parts);
  return token;
}

// Omits tables that begin at or after the place that every part has reached: all their rows are
// sent.
std::vector<SnapshotTable> CatchUp::RemainingTables(const std::vector<CatchUpPart>& parts) const {
  Sequence sent;
  for (const CatchUpPart& part : parts) sent = std::max(sent, part.sent);
  std::vector<SnapshotTable> tables;
  for (const CatchUpTable& table : tables_.tables) {
    if (table.begin < sent) tables.push_back({.table_id = table.table_id, .begin = table.begin});
  }
  std::sort(tables.begin(), tables.end(),
            [](const SnapshotTable& left, const SnapshotTable& right) {
              return left.table_id < right.table_id;
            });
  return tables;
}

absl::StatusOr<Delivery> CatchUp::Next() {
  Delivery delivery;
  size_t scanned = 0;
  while (!parts_.empty() && scanned < kScanBytesMax) {
    if (at_ <= tables_.begin || part().sent <= tables_.begin) {
      EndPart();
      continue;
    }
    const auto frame = feed_.log().FrameContaining({at_.value - 1});
    if (!frame.ok()) return TrimmedAsExpired(frame.status());
    scanned += (*frame)->bytes();
    MILLRACE_ASSIGN_OR_RETURN(const Step step, ScanFrame(*frame, delivery.selection));
    if (step == Step::kFull) break;
  }
  delivery.moved = true;
  delivery.ended = parts_.empty();
  if (!delivery.ended) {
    delivery.token = token();
    return delivery;
  }
  auto token = TokenAfter(feed_, tables_.newest);
  if (!token.ok()) return TrimmedAsExpired(token.status());
  delivery.token = std::move(*token);
  return delivery;
}

absl::StatusOr<CatchUp::Step> CatchUp::ScanFrame(const FramePtr& frame, Selection& selection) {
  Sequence last = frame->last();
  for (size_t i = frame->segments().size(); i > 0; --i) {
    const log::Segment& segment = frame->segments()[i - 1];
    const auto step = ScanSegment(*frame, segment, last, selection);
    Emit(*frame, segment, selection);
    if (!step.ok() || *step == Step::kFull) return step;
    last.value -= segment.change_count;
  }
  at_ = std::min(at_, frame->first());
  return Step::kDone;
}

absl::StatusOr<CatchUp::Step> CatchUp::ScanSegment(const log::Frame& frame,
                                                   const log::Segment& segment, Sequence last,
                                                   Selection& selection) {
  const Sequence first{last.value - segment.change_count + 1};
  const Sequence transaction{first.value - segment.changes_before};
  for (uint32_t i = segment.run_count; i > 0; --i) {
    const log::Run& run = frame.runs()[segment.first_run + i - 1];
    const auto table = by_id_.find(run.table_id);
    const Sequence run_first{last.value - run.change_count + 1};
    if (table != by_id_.end() && run_first < at_ && last >= table->second->begin) {
      MILLRACE_ASSIGN_OR_RETURN(
          const Step step,
          ScanRun(frame, run,
                  {.table = *table->second, .sequence = run_first, .transaction = transaction},
                  selection));
      if (step == Step::kFull) return step;
    }
    at_ = std::min(at_, run_first);
    last.value -= run.change_count;
  }
  return Step::kDone;
}

// `found` is the first change of the run.
absl::StatusOr<CatchUp::Step> CatchUp::ScanRun(const log::Frame& frame, const log::Run& run,
                                               Found found, const Selection& selection) {
  run_.clear();
  ByteReader reader(frame.payload().substr(run.offset, run.size));
  for (uint32_t i = 0; i < run.change_count; ++i) {
    std::string_view change;
    if (!wire::NextChange(reader, change)) {
      return Damaged(found.sequence, "the frame's index does not match its payload");
    }
    run_.push_back(change);
  }
  const Sequence first = found.sequence;
  for (uint64_t i = run_.size(); i > 0; --i) {
    found.sequence = {first.value + i - 1};
    if (found.sequence >= at_) continue;
    if (found.sequence < found.table.begin) break;
    if (!change_.Parse(run_[i - 1])) return Damaged(found.sequence, "its bytes are unreadable");
    MILLRACE_ASSIGN_OR_RETURN(const Step step, ScanChange(found, selection));
    if (step == Step::kFull) return step;
    at_ = found.sequence;
    SplitWhileTooLarge();
  }
  return Step::kDone;
}

absl::StatusOr<CatchUp::Step> CatchUp::ScanChange(const Found& found, const Selection& selection) {
  switch (change_.view.operation) {
    case v1::OPERATION_INSERT:
    case v1::OPERATION_UPDATE:
    case v1::OPERATION_DELETE:
    case v1::OPERATION_READ:
      break;
    default:
      return Step::kDone;
  }
  return found.table.key.is_whole_row() ? ScanChangeByRow(found, selection)
                                        : ScanChangeByKey(found, selection);
}

absl::StatusOr<CatchUp::Step> CatchUp::ScanChangeByKey(const Found& found,
                                                       const Selection& selection) {
  std::optional<RowDigest> before;
  std::optional<RowDigest> after;
  if (change_.before.present) {
    before = digester_.Of(found.table.table_id, found.table.key, change_.before);
  }
  if (change_.after.present) {
    after = digester_.Of(found.table.table_id, found.table.key, change_.after);
    // The image holds only changed columns, and no key column is among them.
    if (!after.has_value() && !found.table.key.AnyIn(change_.after.encoded())) after = before;
  }
  // The image does not identify its row.
  if (change_.before.present != before.has_value() || change_.after.present != after.has_value()) {
    return PartialRow(found.sequence);
  }
  if (after.has_value() && BelongsToPart(*after, part()) && !seen_.ContainsKey(*after)) {
    MILLRACE_ASSIGN_OR_RETURN(const Step step, Deliver(found, selection));
    if (step == Step::kFull) return step;
    seen_.AddKey(*after);
  }
  if (before.has_value() && BelongsToPart(*before, part())) seen_.AddKey(*before);
  return Step::kDone;
}

absl::StatusOr<CatchUp::Step> CatchUp::ScanChangeByRow(const Found& found,
                                                       const Selection& selection) {
  const bool is_read = change_.view.operation == v1::OPERATION_READ;
  if (change_.after.present) {
    const auto row = digester_.Of(found.table.table_id, found.table.key, change_.after);
    if (!row.has_value()) return Damaged(found.sequence, "its row is unreadable");
    if (BelongsToPart(*row, part())) {
      const bool exists =
          is_read ? seen_.ReadRowExists(*row, found.transaction) : seen_.WrittenRowExists(*row);
      if (exists) {
        MILLRACE_ASSIGN_OR_RETURN(const Step step, Deliver(found, selection));
        if (step == Step::kFull) return step;
      }
      if (is_read) {
        seen_.AddRead(*row, found.transaction);
      } else {
        seen_.AddWritten(*row);
      }
    }
  }
  if (change_.before.present) {
    if (change_.before.partial) return PartialRow(found.sequence);
    const auto row = digester_.Of(found.table.table_id, found.table.key, change_.before);
    if (!row.has_value()) return Damaged(found.sequence, "its row is unreadable");
    if (BelongsToPart(*row, part())) seen_.AddRemoved(*row);
  }
  return Step::kDone;
}

absl::StatusOr<CatchUp::Step> CatchUp::Deliver(const Found& found, const Selection& selection) {
  if (found.sequence >= part().sent) return Step::kDone;
  if (change_.after.partial) {
    return PartialRow(found.sequence);
  }
  const size_t size = wire::SizeAsRead(change_.view);
  const uint64_t taken = selection.changes + reads_.count;
  if (taken > 0 && selection.bytes + reads_.changes.size() + size > response_bytes_max_) {
    return Step::kFull;
  }
  wire::AppendAsRead(change_.view, size, reads_.changes);
  ++reads_.count;
  return Step::kDone;
}

void CatchUp::Emit(const log::Frame& frame, const log::Segment& segment, Selection& selection) {
  if (reads_.count == 0) return;
  const std::string header =
      wire::HeaderForRows(frame.payload().substr(segment.header_offset, segment.header_size));
  Piece piece{.frame = nullptr,
              .view = {},
              .owned = wire::TransactionPrefix(header, reads_.changes.size(), /*more=*/false)};
  piece.owned.append(reads_.changes);
  selection.bytes += piece.owned.size();
  selection.changes += reads_.count;
  selection.pieces.push_back(std::move(piece));
  reads_.changes.clear();
  reads_.count = 0;
}

// Both halves have been sent down to the same place: the current scan position or, if lower, the
// position from the resumed token.
void CatchUp::SplitWhileTooLarge() {
  while (seen_.bytes() > memory_bytes_ && part().depth < CatchUpPart::kDepthMax) {
    CatchUpPart later = part();
    later.prefix |= uint64_t{1} << later.depth;
    ++later.depth;
    later.sent = std::min(later.sent, at_);
    ++part().depth;
    parts_.insert(parts_.end() - 1, later);
    seen_.Keep(part());
  }
}

}  // namespace millrace::feed
