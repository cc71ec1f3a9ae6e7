// SPDX-License-Identifier: Apache-2.0

#include "transcode/frame_builder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "fmt/format.h"
#include "millrace/v1/change_feed.pb.h"
#include "wire/transaction.h"

namespace millrace::transcode {
namespace {

uint8_t OperationOf(binlog::RowsKind kind) {
  switch (kind) {
    case binlog::RowsKind::kWrite:
      return v1::OPERATION_INSERT;
    case binlog::RowsKind::kDelete:
      return v1::OPERATION_DELETE;
    case binlog::RowsKind::kUpdate:
    case binlog::RowsKind::kPartialUpdate:
      return v1::OPERATION_UPDATE;
  }
  return v1::OPERATION_UNSPECIFIED;
}

}  // namespace

FrameBuilder::FrameBuilder(uint32_t frame_bytes, Start start, size_t change_bytes_max)
    : frame_bytes_(frame_bytes),
      change_bytes_max_(change_bytes_max),
      gtids_(std::move(start.gtids)),
      commit_time_max_(start.commit_time_max),
      next_(start.newest.next()),
      transaction_first_(next_) {}

Sequence FrameBuilder::newest() const {
  return {(in_transaction_ ? transaction_first_.value : next_.value) - 1};
}

void FrameBuilder::BeginTransaction(const TransactionHeader& header) {
  MILLRACE_CHECK(!in_transaction_);
  in_transaction_ = true;
  read_table_ = nullptr;  // may be gone by now
  segment_open_ = false;
  staged_ = false;
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

void FrameBuilder::EndTransaction() {
  MILLRACE_CHECK(in_transaction_);
  if (segment_open_) {
    CloseSegment();
    open_finished_changes_ = content_.change_count;
  }
  in_transaction_ = false;
  commit_time_max_ = std::max(commit_time_max_, clamped_time_);
  // Frames that the transaction closed can be stored only together with its end.
  if (payload_.size() >= frame_bytes_ || !closed_.empty()) CloseFrame();
}

bool FrameBuilder::AbandonTransaction() {
  MILLRACE_CHECK(in_transaction_);
  if (segment_open_) DropOpenSegment();
  while (!closed_.empty() && closed_.back().first >= transaction_first_) closed_.pop_back();
  next_ = transaction_first_;
  in_transaction_ = false;
  return std::exchange(staged_, false);
}

void FrameBuilder::DropOpenSegment() {
  const log::Segment& segment = content_.segments.back();
  payload_.Truncate(segment.offset);
  content_.runs.resize(segment.first_run);
  content_.change_count = open_finished_changes_;
  content_.segments.pop_back();
  segment_open_ = false;
}

FrameBuilder::Mark FrameBuilder::MakeMark() const {
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

bool FrameBuilder::RollBackTo(const Mark& mark) {
  MILLRACE_CHECK(in_transaction_);
  if (next_ == mark.next) return true;
  // A closed frame has taken changes away, or has moved those that were before the mark.
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

void FrameBuilder::PreparePrefix(const schema::TableVersion& table, uint8_t operation) {
  prefix_.operation = operation;
  prefix_buffer_.Clear();
  wire::PutNames(prefix_buffer_, operation, table.name);
  prefix_.change.assign(prefix_buffer_.view());
  prefix_buffer_.Clear();
  wire::PutTypeUrl(prefix_buffer_, table.type_url);
  prefix_.type_url.assign(prefix_buffer_.view());
}

void FrameBuilder::PrepareEvent(const schema::TableVersionPtr& table, uint8_t operation) {
  if (table == event_table_ && operation == prefix_.operation) return;
  PreparePrefix(*table, operation);
  event_table_ = table;
  read_table_ = nullptr;
}

absl::StatusOr<uint32_t> FrameBuilder::AddRows(RowPlan& plan, const binlog::Rows& event,
                                               RowObserver* observer) {
  MILLRACE_CHECK(in_transaction_);
  PrepareEvent(plan.table(), OperationOf(event.kind));
  const bool has_after_bitmap = !event.present_after.empty();
  unknown_before_.clear();
  unknown_after_.clear();
  if (event.kind == binlog::RowsKind::kWrite) {
    unknown_after_ = plan.UnknownFields(event.present);
  } else {
    unknown_before_ = plan.UnknownFields(event.present);
    if (has_after_bitmap) unknown_after_ = plan.UnknownFields(event.present_after);
  }
  uint32_t count = 0;
  std::string_view rows = event.rows;
  while (!rows.empty()) {
    const size_t remaining = rows.size();
    MILLRACE_RETURN_IF_ERROR(AddOneRow(plan, event, rows, observer));
    ++count;
    // A table without columns in the image would never come to an end.
    if (rows.size() == remaining) {
      return MakeError(absl::StatusCode::kDataLoss, "ROW_UNDECODABLE",
                       "a row event holds bytes but its row image is empty");
    }
  }
  return count;
}

absl::Status FrameBuilder::AddOneRow(RowPlan& plan, const binlog::Rows& event,
                                     std::string_view& rows, RowObserver* observer) {
  const size_t begin = BeginChange(plan.table()->table_id, prefix_.operation);
  payload_.Append(prefix_.change);
  invalid_.clear();
  before_image_ = after_image_ = Image();
  switch (event.kind) {
    case binlog::RowsKind::kWrite:
    case binlog::RowsKind::kDelete: {
      const bool is_write = event.kind == binlog::RowsKind::kWrite;
      MILLRACE_RETURN_IF_ERROR(AddImage(is_write ? wire::Image::kAfter : wire::Image::kBefore, [&] {
        return plan.EncodeImage(event.present, rows, payload_, invalid_);
      }));
      break;
    }
    case binlog::RowsKind::kUpdate:
      MILLRACE_RETURN_IF_ERROR(AddUpdate(plan, event, rows));
      break;
    case binlog::RowsKind::kPartialUpdate:
      MILLRACE_RETURN_IF_ERROR(AddPartialUpdate(plan, event, rows));
      break;
  }
  // Before EndChange may move the bytes.
  if (observer != nullptr) [[unlikely]]
    Observe(*observer);
  wire::PutUnknownFields(payload_, wire::Image::kBefore, unknown_before_);
  wire::PutUnknownFields(payload_, wire::Image::kAfter, unknown_after_);
  if (!invalid_.empty()) [[unlikely]]
    AddInvalidText();
  return EndChange(begin, plan.table()->name);
}

absl::Status FrameBuilder::AddUpdate(RowPlan& plan, const binlog::Rows& event,
                                     std::string_view& rows) {
  MILLRACE_RETURN_IF_ERROR(AddImage(wire::Image::kBefore, [&] {
    return plan.EncodeBeforeImage(event.present, rows, payload_, invalid_);
  }));
  return AddImage(wire::Image::kAfter, [&] {
    return plan.EncodeAfterImage(event.present_after, rows, before_image_.offset, payload_,
                                 invalid_);
  });
}

template <typename Encode>
absl::Status FrameBuilder::AddImage(wire::Image image, Encode encode) {
  const size_t known_invalid = invalid_.size();
  const wire::OpenImage open = wire::BeginImage(payload_, image, prefix_.type_url);
  MILLRACE_RETURN_IF_ERROR(encode());
  NoteImage(image, wire::EndImage(payload_, open));
  for (size_t i = known_invalid; i < invalid_.size(); ++i) {
    invalid_[i].in_before = image == wire::Image::kBefore;
  }
  return absl::OkStatus();
}

absl::Status FrameBuilder::AddPartialUpdate(RowPlan& plan, const binlog::Rows& event,
                                            std::string_view& rows) {
  before_.Clear();
  after_.Clear();
  MILLRACE_RETURN_IF_ERROR(plan.EncodePartialUpdate(event, rows, before_, after_, invalid_));
  const auto put = [this](wire::Image image, const wire::Buffer& row) {
    wire::PutImage(payload_, image, prefix_.type_url, row.view());
    NoteImage(image, row.size());
  };
  put(wire::Image::kBefore, before_);
  put(wire::Image::kAfter, after_);
  return absl::OkStatus();
}

// The row message is the last thing in the image, so it ends where the payload does.
void FrameBuilder::NoteImage(wire::Image which, size_t row_bytes) {
  Image& image = which == wire::Image::kBefore ? before_image_ : after_image_;
  image = {.offset = payload_.size() - row_bytes, .size = row_bytes, .present = true};
}

void FrameBuilder::Observe(RowObserver& observer) const {
  const auto view = [this](const Image& image) -> std::optional<std::string_view> {
    if (!image.present) return std::nullopt;
    return payload_.view().substr(image.offset, image.size);
  };
  observer.OnRow({.before = view(before_image_),
                  .after = view(after_image_),
                  .after_partial = !unknown_after_.empty(),
                  .texts = invalid_});
}

absl::Status FrameBuilder::AddRead(const schema::TableVersion& table, std::string_view row,
                                   const std::vector<InvalidText>& invalid) {
  MILLRACE_CHECK(in_transaction_);
  if (read_table_ != &table) {
    PreparePrefix(table, v1::OPERATION_READ);
    event_table_ = nullptr;
    read_table_ = &table;
  }
  const size_t begin = BeginChange(table.table_id, prefix_.operation);
  payload_.Append(prefix_.change);
  wire::PutImage(payload_, wire::Image::kAfter, prefix_.type_url, row);
  if (!invalid.empty()) [[unlikely]] {
    invalid_ = invalid;
    AddInvalidText();
  }
  return EndChange(begin, table.name);
}

void FrameBuilder::AddInvalidText() {
  for (const InvalidText& text : invalid_) {
    wire::PutText(payload_, {.field_number = text.field_number,
                             .in_before = text.in_before,
                             .ambiguous = text.ambiguous,
                             .charset = text.charset,
                             .value = text.bytes});
  }
}

absl::Status FrameBuilder::AddDefinitionChange(const DefinitionChange& change) {
  MILLRACE_CHECK(in_transaction_);
  const size_t begin = BeginChange(change.table_id, change.operation);
  wire::PutNames(payload_, change.operation, change.table);
  wire::PutSchemaChange(payload_, {.statement = change.statement,
                                   .default_database = change.default_database,
                                   .tables = change.tables});
  return EndChange(begin, change.table);
}

size_t FrameBuilder::BeginChange(uint32_t table_id, uint8_t operation) {
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

absl::Status FrameBuilder::EndChange(size_t begin, const TableName& table) {
  if (payload_.size() - begin > change_bytes_max_) {
    return MakeError(absl::StatusCode::kResourceExhausted, "CHANGE_TOO_LARGE",
                     fmt::format("a change of table {} takes {} bytes, more than {}; leave its "
                                 "large columns out with source.exclude_columns",
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

void FrameBuilder::PrepareSegment() {
  if (segment_open_ && payload_.size() >= frame_bytes_) {
    if (open_finished_changes_ > 0) DetachSegment();
    // What was detached may still be small.
    if (payload_.size() >= frame_bytes_) {
      changes_before_ += content_.segments.back().change_count;
      StoreContinued();
    }
  }
  if (!segment_open_) OpenSegment();
}

void FrameBuilder::OpenSegment() {
  if (content_.segments.empty()) {
    content_.first = next_;
    // An abandoned transaction may have left its own there.
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

void FrameBuilder::CloseSegment() {
  log::Segment& segment = content_.segments.back();
  const size_t size_before = payload_.size();
  payload_.EndNested(segment_begin_);
  // The length took more or less room than assumed: what lies behind it has moved.
  const auto shift = static_cast<int64_t>(payload_.size()) - static_cast<int64_t>(size_before);
  segment.header_offset = static_cast<uint32_t>(static_cast<int64_t>(segment_begin_) + shift);
  MoveChanges(shift);
  segment_open_ = false;
}

// Closes the open segment, whose transaction goes on in the next frame, and stores the frame, in
// which there is nothing else. What stands before the changes is put together anew, for it is known
// only now that `more` belongs to the header; the changes are copied once, into the frame.
void FrameBuilder::StoreContinued() {
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
  MoveChanges(static_cast<int64_t>(head_.size()) - static_cast<int64_t>(changes_begin));
  segment_open_ = false;
  StoreFrame(head_.view(), changes, /*unfinished=*/true);
}

// The changes of the last segment stand `shift` bytes further on.
void FrameBuilder::MoveChanges(int64_t shift) {
  log::Segment& segment = content_.segments.back();
  segment.end = static_cast<uint32_t>(segment.end + shift);
  for (size_t i = segment.first_run; i < content_.runs.size(); ++i) {
    content_.runs[i].offset = static_cast<uint32_t>(content_.runs[i].offset + shift);
  }
}

void FrameBuilder::DetachSegment() {
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

void FrameBuilder::CloseFrame() {
  if (open_finished_changes_ == 0) return;
  if (segment_open_) {
    DetachSegment();
  } else {
    StoreFrame({}, payload_.view(), /*unfinished=*/false);
  }
}

void FrameBuilder::StoreFrame(std::string_view head, std::string_view rest, bool unfinished) {
  gtids_.AppendBinary(content_.gtids_after);
  content_.commit_time_max =
      unfinished ? std::max(commit_time_max_, clamped_time_) : commit_time_max_;
  closed_.push_back({.first = content_.first,
                     .last = {content_.first.value + content_.change_count - 1},
                     .bytes = log::Frame::SerializeUnsealed(content_, head, rest),
                     .unfinished = unfinished});
  payload_.Clear();
  content_.segments.clear();
  content_.runs.clear();
  content_.gtids_before.clear();
  content_.gtids_after.clear();
  content_.change_count = 0;
  open_finished_changes_ = 0;
}

std::vector<BuiltFrame> FrameBuilder::TakeFrames() {
  // The last frames of a large transaction were closed while it was unfinished; once it has ended
  // they are as good as any.
  for (BuiltFrame& frame : closed_) {
    const bool of_current = in_transaction_ && frame.first >= transaction_first_;
    frame.unfinished = of_current;
    staged_ |= of_current;
  }
  return std::exchange(closed_, {});
}

}  // namespace millrace::transcode
