// SPDX-License-Identifier: Apache-2.0

#include "transcode/frame_builder.h"

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
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

void FrameBuilder::BeginTransaction(const TransactionHeader& header) {
  FrameCutter::BeginTransaction(header);
  read_table_ = nullptr;  // the caller may have released it
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
  MILLRACE_CHECK(in_transaction());
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
    // With no columns in the image the loop would never end.
    if (rows.size() == remaining) {
      return MakeError(reason::kRowUndecodable,
                       "a row event has bytes but its row image has no columns");
    }
  }
  return count;
}

absl::Status FrameBuilder::AddOneRow(RowPlan& plan, const binlog::Rows& event,
                                     std::string_view& rows, RowObserver* observer) {
  const size_t begin = BeginChange(plan.table()->table_id, prefix_.operation);
  payload().Append(prefix_.change);
  invalid_.clear();
  before_image_ = after_image_ = Image();
  switch (event.kind) {
    case binlog::RowsKind::kWrite:
    case binlog::RowsKind::kDelete: {
      const bool is_write = event.kind == binlog::RowsKind::kWrite;
      MILLRACE_RETURN_IF_ERROR(AddImage(is_write ? wire::Image::kAfter : wire::Image::kBefore, [&] {
        return plan.EncodeImage(event.present, rows, payload(), invalid_);
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
  wire::PutUnknownFields(payload(), wire::Image::kBefore, unknown_before_);
  wire::PutUnknownFields(payload(), wire::Image::kAfter, unknown_after_);
  if (!invalid_.empty()) [[unlikely]]
    AddInvalidText();
  return EndChange(begin, plan.table()->name);
}

absl::Status FrameBuilder::AddUpdate(RowPlan& plan, const binlog::Rows& event,
                                     std::string_view& rows) {
  MILLRACE_RETURN_IF_ERROR(AddImage(wire::Image::kBefore, [&] {
    return plan.EncodeBeforeImage(event.present, rows, payload(), invalid_);
  }));
  return AddImage(wire::Image::kAfter, [&] {
    return plan.EncodeAfterImage(event.present_after, rows, before_image_.offset, payload(),
                                 invalid_);
  });
}

template <typename Encode>
absl::Status FrameBuilder::AddImage(wire::Image image, Encode encode) {
  const size_t invalid_before = invalid_.size();
  const wire::OpenImage open = wire::BeginImage(payload(), image, prefix_.type_url);
  MILLRACE_RETURN_IF_ERROR(encode());
  RecordImage(image, wire::EndImage(payload(), open));
  for (size_t i = invalid_before; i < invalid_.size(); ++i) {
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
    wire::PutImage(payload(), image, prefix_.type_url, row.view());
    RecordImage(image, row.size());
  };
  put(wire::Image::kBefore, before_);
  put(wire::Image::kAfter, after_);
  return absl::OkStatus();
}

// The row message is the last part of the image, so it ends where the payload ends.
void FrameBuilder::RecordImage(wire::Image which, size_t row_bytes) {
  Image& image = which == wire::Image::kBefore ? before_image_ : after_image_;
  image = {.offset = payload().size() - row_bytes, .size = row_bytes, .present = true};
}

void FrameBuilder::Observe(RowObserver& observer) const {
  const auto view = [this](const Image& image) -> std::optional<std::string_view> {
    if (!image.present) return std::nullopt;
    return payload().view().substr(image.offset, image.size);
  };
  observer.OnRow({.before = view(before_image_),
                  .after = view(after_image_),
                  .after_partial = !unknown_after_.empty(),
                  .texts = invalid_});
}

absl::Status FrameBuilder::AddRead(const schema::TableVersion& table, std::string_view row,
                                   const std::vector<InvalidText>& invalid) {
  MILLRACE_CHECK(in_transaction());
  if (read_table_ != &table) {
    PreparePrefix(table, v1::OPERATION_READ);
    event_table_ = nullptr;
    read_table_ = &table;
  }
  const size_t begin = BeginChange(table.table_id, prefix_.operation);
  payload().Append(prefix_.change);
  wire::PutImage(payload(), wire::Image::kAfter, prefix_.type_url, row);
  if (!invalid.empty()) [[unlikely]] {
    invalid_ = invalid;
    AddInvalidText();
  }
  return EndChange(begin, table.name);
}

void FrameBuilder::AddInvalidText() {
  for (const InvalidText& text : invalid_) {
    wire::PutText(payload(), {.field_number = text.field_number,
                              .in_before = text.in_before,
                              .ambiguous = text.ambiguous,
                              .charset = text.charset,
                              .value = text.bytes});
  }
}

absl::Status FrameBuilder::AddDefinitionChange(const DefinitionChange& change) {
  MILLRACE_CHECK(in_transaction());
  const size_t begin = BeginChange(change.table_id, change.operation);
  wire::PutNames(payload(), change.operation, change.table);
  wire::PutSchemaChange(payload(), {.statement = change.statement,
                                    .default_database = change.default_database,
                                    .tables = change.tables});
  return EndChange(begin, change.table);
}

}  // namespace millrace::transcode
