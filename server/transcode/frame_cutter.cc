// SPDX-License-Identifier: Apache-2.0

#include "transcode/frame_cutter.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "wire/transaction.h"

namespace millrace::transcode {

FrameCutter::FrameCutter(uint32_t frame_bytes, Start start, size_t change_bytes_max)
    : frame_bytes_(frame_bytes),
      change_bytes_max_(change_bytes_max),
      gtids_(std::move(start.gtids)),
      commit_time_max_(start.commit_time_max),
      next_(start.newest.next()),
      transaction_first_(next_) {}

Sequence FrameCutter::newest() const {
  return {(in_transaction_ ? transaction_first_.value : next_.value) - 1};
}

void FrameCutter::BeginTransaction(const TransactionHeader& header) {
  MILLRACE_CHECK(!in_transaction_);
  in_transaction_ = true;
  segment_open_ = false;
  frames_taken_ = false;
  transaction_first_ = next_;
  changes_before_ = 0;
  commit_time_ = header.commit_time;
  clamped_time_ = header.clamped_time != 0 ? header.clamped_time : header.commit_time;
  header_.Clear();
  wire::PutHeader({.gtid = header.gtid,
                   .commit_time = header.commit_time,
                   .server_id = header.server_id,
                   .file = header.file,
                   .position = header.position},
                  header_);
}

void FrameCutter::EndTransaction() {
  MILLRACE_CHECK(in_transaction_);
  if (segment_open_) {
    CloseSegment();
    open_finished_changes_ = content_.change_count;
  }
  in_transaction_ = false;
  commit_time_max_ = std::max(commit_time_max_, clamped_time_);
  // The frames that the transaction closed can only be stored together with its end.
  if (payload_.size() >= frame_bytes_ || !closed_.empty()) CloseFrame();
}

bool FrameCutter::AbandonTransaction() {
  MILLRACE_CHECK(in_transaction_);
  if (segment_open_) DropOpenSegment();
  while (!closed_.empty() && closed_.back().first >= transaction_first_) closed_.pop_back();
  next_ = transaction_first_;
  in_transaction_ = false;
  return std::exchange(frames_taken_, false);
}

void FrameCutter::DropOpenSegment() {
  const log::Segment& segment = content_.segments.back();
  payload_.Truncate(segment.offset);
  content_.runs.resize(segment.first_run);
  content_.change_count = open_finished_changes_;
  content_.segments.pop_back();
  segment_open_ = false;
}

FrameCutter::Mark FrameCutter::MakeMark() const {
  MILLRACE_CHECK(in_transaction_);
  Mark mark{.next = next_,
            .payload_bytes = payload_.size(),
            .runs = content_.runs.size(),
            .last_run = {},
            .segment = std::nullopt,
            .changes_before = changes_before_};
  if (segment_open_) {
    mark.segment = content_.segments.back();
    mark.last_run = content_.runs.back();
  }
  return mark;
}

bool FrameCutter::RollBackTo(const Mark& mark) {
  MILLRACE_CHECK(in_transaction_);
  if (next_ == mark.next) return true;
  // A frame was closed since. It contains changes of the transaction, or closing it moved the
  // changes before the mark.
  if (changes_before_ != mark.changes_before) return false;
  if (!mark.segment.has_value()) {
    DropOpenSegment();
  } else if (content_.segments.back().offset != mark.segment->offset) {
    return false;
  } else {
    content_.change_count -= content_.segments.back().change_count - mark.segment->change_count;
    content_.segments.back() = *mark.segment;
    content_.runs.resize(mark.runs);
    content_.runs.back() = mark.last_run;
    payload_.Truncate(mark.payload_bytes);
  }
  next_ = mark.next;
  return true;
}

size_t FrameCutter::BeginChange(uint32_t table_id, uint8_t operation) {
  PrepareSegment();
  log::Segment& segment = content_.segments.back();
  const auto offset = static_cast<uint32_t>(payload_.size());
  const bool same_run = segment.run_count > 0 && content_.runs.back().table_id == table_id &&
                        content_.runs.back().operation == operation;
  if (!same_run) {
    content_.runs.push_back({.table_id = table_id, .operation = operation, .offset = offset});
    ++segment.run_count;
  }
  return wire::BeginChange(payload_, next_);
}

absl::Status FrameCutter::EndChange(size_t begin, const TableName& table) {
  if (payload_.size() - begin > change_bytes_max_) {
    return MakeError(reason::kChangeTooLarge,
                     fmt::format("a change of table {} takes {} bytes, more than {}; exclude its "
                                 "large columns with source.exclude_columns",
                                 table.ToString(), payload_.size() - begin, change_bytes_max_));
  }
  wire::EndChange(payload_, begin);
  log::Segment& segment = content_.segments.back();
  log::Run& run = content_.runs.back();
  segment.end = static_cast<uint32_t>(payload_.size());
  run.size = segment.end - run.offset;
  ++run.change_count;
  ++segment.change_count;
  ++content_.change_count;
  next_ = next_.next();
  return absl::OkStatus();
}

void FrameCutter::PrepareSegment() {
  if (segment_open_ && payload_.size() >= frame_bytes_) {
    if (open_finished_changes_ > 0) DetachSegment();
    // After detaching, the segment alone may not fill a frame.
    if (payload_.size() >= frame_bytes_) {
      changes_before_ += content_.segments.back().change_count;
      StoreContinued();
    }
  }
  if (!segment_open_) OpenSegment();
}

void FrameCutter::OpenSegment() {
  if (content_.segments.empty()) {
    content_.first = next_;
    // An abandoned transaction leaves gtids_before filled.
    content_.gtids_before.clear();
    gtids_.AppendBinary(content_.gtids_before);
  }
  log::Segment segment;
  segment.offset = static_cast<uint32_t>(payload_.size());
  segment_begin_ = wire::BeginTransaction(payload_);
  payload_.Append(header_.view());
  segment.header_size = static_cast<uint32_t>(header_.size());
  segment.first_run = static_cast<uint32_t>(content_.runs.size());
  segment.changes_before = changes_before_;
  segment.commit_time = commit_time_;
  content_.segments.push_back(segment);
  segment_open_ = true;
}

void FrameCutter::CloseSegment() {
  log::Segment& segment = content_.segments.back();
  const size_t size_before = payload_.size();
  payload_.EndNested(segment_begin_);
  // The length varint may be longer or shorter than assumed, so the bytes after it moved.
  const auto shift = static_cast<int64_t>(payload_.size()) - static_cast<int64_t>(size_before);
  segment.header_offset = static_cast<uint32_t>(static_cast<int64_t>(segment_begin_) + shift);
  ShiftChangeOffsets(shift);
  segment_open_ = false;
}

// Closes the open segment, which is alone in its frame, and stores the frame. The transaction
// continues in the next frame, so the header is written again with `more`. The changes are copied
// once, into the frame.
void FrameCutter::StoreContinued() {
  log::Segment& segment = content_.segments.back();
  MILLRACE_CHECK(segment.offset == 0);
  const size_t changes_begin = segment_begin_ + segment.header_size;
  const std::string_view changes = payload_.view().substr(changes_begin);
  continued_header_.Clear();
  continued_header_.Append(header_.view());
  wire::PutMore(continued_header_);
  head_.Clear();
  wire::PutTransactionBegin(head_, continued_header_.size() + changes.size());
  segment.header_offset = static_cast<uint32_t>(head_.size());
  segment.header_size = static_cast<uint32_t>(continued_header_.size());
  head_.Append(continued_header_.view());
  segment.more = true;
  ShiftChangeOffsets(static_cast<int64_t>(head_.size()) - static_cast<int64_t>(changes_begin));
  segment_open_ = false;
  StoreFrame(head_.view(), changes, /*unfinished=*/true);
}

// Records that the changes of the last segment moved by `shift` bytes.
void FrameCutter::ShiftChangeOffsets(int64_t shift) {
  log::Segment& segment = content_.segments.back();
  segment.end = static_cast<uint32_t>(segment.end + shift);
  for (size_t i = segment.first_run; i < content_.runs.size(); ++i) {
    content_.runs[i].offset = static_cast<uint32_t>(content_.runs[i].offset + shift);
  }
}

void FrameCutter::DetachSegment() {
  log::Segment segment = content_.segments.back();
  const uint32_t base = segment.offset;
  const std::string bytes(payload_.view().substr(base));
  std::vector<log::Run> runs(content_.runs.begin() + segment.first_run, content_.runs.end());
  const uint32_t changes = content_.change_count - open_finished_changes_;

  content_.segments.pop_back();
  content_.runs.resize(segment.first_run);
  content_.change_count = open_finished_changes_;
  payload_.Truncate(base);
  StoreFrame({}, payload_.view(), /*unfinished=*/false);

  payload_.Append(bytes);
  for (log::Run& run : runs) run.offset -= base;
  segment.offset = 0;
  segment.end -= base;
  segment.first_run = 0;
  segment_begin_ -= base;
  content_.first = transaction_first_;
  gtids_.AppendBinary(content_.gtids_before);
  content_.change_count = changes;
  content_.runs = std::move(runs);
  content_.segments.push_back(segment);
}

void FrameCutter::CloseFrame() {
  if (open_finished_changes_ == 0) return;
  if (segment_open_) {
    DetachSegment();
  } else {
    StoreFrame({}, payload_.view(), /*unfinished=*/false);
  }
}

void FrameCutter::StoreFrame(std::string_view head, std::string_view rest, bool unfinished) {
  gtids_.AppendBinary(content_.gtids_after);
  content_.commit_time_max =
      unfinished ? std::max(commit_time_max_, clamped_time_) : commit_time_max_;
  closed_.push_back({.first = content_.first,
                     .last = {content_.first.value + content_.change_count - 1},
                     .bytes = log::Frame::SerializeWithoutChecksum(content_, head, rest),
                     .unfinished = unfinished});
  payload_.Clear();
  content_.segments.clear();
  content_.runs.clear();
  content_.gtids_before.clear();
  content_.gtids_after.clear();
  content_.change_count = 0;
  open_finished_changes_ = 0;
}

std::vector<BuiltFrame> FrameCutter::TakeFrames() {
  // Frames that were closed while their transaction was in progress are finished if it has ended
  // since.
  for (BuiltFrame& frame : closed_) {
    const bool in_progress = in_transaction_ && frame.first >= transaction_first_;
    frame.unfinished = in_progress;
    frames_taken_ |= in_progress;
  }
  return std::exchange(closed_, {});
}

}  // namespace millrace::transcode
