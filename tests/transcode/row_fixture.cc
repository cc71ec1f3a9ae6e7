// SPDX-License-Identifier: Apache-2.0

#include "transcode/row_fixture.h"

#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"

namespace millrace::transcode {
namespace {

using schema::FieldType;

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

std::string ShowError(const absl::Status& status) {
  const std::string message(status.message().data(), status.message().size());
  return ErrorReason(status) + ": " + message.substr(message.rfind(": ") + 2);
}

// Shows a message of two fields, of which the second may be bytes.
std::string ShowPair(std::string_view message, bool is_timestamp) {
  ByteReader reader(message);
  uint64_t first = 0;
  uint64_t second = 0;
  std::string_view bytes;
  while (!reader.empty()) {
    const uint64_t tag = reader.Varint();
    if (tag == wire::Buffer::Tag(1, wire::Buffer::kVarint)) {
      first = reader.Varint();
    } else if (tag == wire::Buffer::Tag(2, wire::Buffer::kVarint)) {
      second = reader.Varint();
    } else {
      bytes = reader.Sized();
    }
  }
  if (!reader.ok()) return "malformed message";
  if (!is_timestamp) return fmt::format("{}:{}", first, ToHex(bytes));
  return second == 0 ? fmt::format("{}", first) : fmt::format("{}.{:06}", first, second / 1000);
}

}  // namespace

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

schema::Column MakeColumn(ColumnType type, uint16_t metadata, FieldType field_type,
                          std::string_view charset) {
  schema::Column column;
  column.type = type;
  column.metadata = metadata;
  column.field_type = field_type;
  column.charset = charset;
  column.is_unsigned = field_type == FieldType::kUint32 || field_type == FieldType::kUint64;
  return column;
}

RowFixture::RowFixture(std::vector<schema::Column> columns) {
  table_ = std::make_shared<schema::TableVersion>();
  table_->name = {.database = "shop", .table = "orders"};
  table_->columns = std::move(columns);
  uint32_t number = 0;
  for (schema::Column& column : table_->columns) {
    column.field_number = ++number;
    column.name = fmt::format("c{}", number);
    map_.columns.push_back({.type = column.type, .metadata = column.metadata});
  }
  auto plan = RowPlan::Compile(map_, table_);
  compiled_ = plan.status();
  if (plan.ok()) plan_ = std::move(*plan);
}

std::string RowFixture::present() const {
  const size_t count = table_->columns.size();
  std::string bits(count / 8, '\xff');
  if (count % 8 != 0) bits.push_back(static_cast<char>((1u << count % 8) - 1));
  return bits;
}

std::string RowFixture::Show(std::string_view image, std::string_view present) {
  wire::Buffer out;
  invalid_.clear();
  image_.assign(image.begin(), image.end());
  image_.shrink_to_fit();
  std::string_view rows(image_.data(), image_.size());
  const absl::Status status = plan_->EncodeImage(present, rows, out, invalid_);
  consumed_ = image.size() - rows.size();
  return status.ok() ? ShowMessage(out.view()) : ShowError(status);
}

std::string RowFixture::ShowPartial(std::string_view images) {
  return ShowPartial(images, present(), present());
}

std::string RowFixture::ShowPartial(std::string_view images, std::string_view present,
                                    std::string_view present_after) {
  wire::Buffer before;
  wire::Buffer after;
  invalid_.clear();
  image_.assign(images.begin(), images.end());
  image_.shrink_to_fit();
  binlog::Rows event;
  event.kind = binlog::RowsKind::kPartialUpdate;
  event.present = present;
  event.present_after = present_after;
  std::string_view rows(image_.data(), image_.size());
  const absl::Status status = plan_->EncodePartialUpdate(event, rows, before, after, invalid_);
  consumed_ = images.size() - rows.size();
  if (!status.ok()) return ShowError(status);
  return ShowMessage(before.view()) + " -> " + ShowMessage(after.view());
}

std::string RowFixture::ShowMessage(std::string_view message) const {
  std::string shown;
  ByteReader reader(message);
  while (!reader.empty()) {
    const uint64_t tag = reader.Varint();
    const size_t index = tag / 8 - 1;
    if (index >= table_->columns.size()) return "malformed message";
    const schema::Column& column = table_->columns[index];
    std::string value;
    switch (tag % 8) {
      case wire::Buffer::kVarint: {
        const uint64_t number = reader.Varint();
        value = column.is_unsigned || column.field_type == FieldType::kUint32
                    ? fmt::format("{}", number)
                    : fmt::format("{}", static_cast<int64_t>(number));
        break;
      }
      case wire::Buffer::kFixed64:
        value = fmt::format("{:016x}", reader.Little64());
        break;
      case wire::Buffer::kFixed32:
        value = fmt::format("{:08x}", reader.Little32());
        break;
      default:
        value = ShowValue(column, reader.Sized());
    }
    if (!reader.ok()) return "malformed message";
    shown += fmt::format("{}{}={}", shown.empty() ? "" : " ", index + 1, value);
  }
  return shown;
}

std::string RowFixture::ShowValue(const schema::Column& column, std::string_view bytes) const {
  switch (column.field_type) {
    case FieldType::kString:
      return std::string(bytes);
    case FieldType::kTimestamp:
      return ShowPair(bytes, true);
    case FieldType::kGeometry:
      return ShowPair(bytes, false);
    case FieldType::kVector: {
      ByteReader reader(bytes);
      if (bytes.empty()) return "";
      return reader.Varint() == wire::Buffer::Tag(1, wire::Buffer::kBytes) ? ToHex(reader.Sized())
                                                                           : "malformed message";
    }
    default:
      return ToHex(bytes);
  }
}

}  // namespace millrace::transcode
