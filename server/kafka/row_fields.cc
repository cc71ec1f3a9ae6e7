// SPDX-License-Identifier: Apache-2.0

#include "kafka/row_fields.h"

#include <algorithm>

#include "base/bytes.h"
#include "fmt/format.h"
#include "kafka/encoding_errors.h"

namespace millrace::kafka {
namespace {

// Protobuf's wire types.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kBytes = 2;
constexpr uint32_t kFixed32 = 5;
constexpr unsigned kWireTypeBits = 3;
constexpr uint32_t kWireTypeMask = (1u << kWireTypeBits) - 1;

uint32_t WireTypeOf(schema::FieldType type) {
  switch (type) {
    case schema::FieldType::kInt32:
    case schema::FieldType::kUint32:
    case schema::FieldType::kInt64:
    case schema::FieldType::kUint64:
      return kVarint;
    case schema::FieldType::kFloat:
      return kFixed32;
    case schema::FieldType::kDouble:
      return kFixed64;
    default:
      return kBytes;
  }
}

void ReadValue(uint32_t wire_type, ByteReader& reader, FieldValue& value) {
  switch (wire_type) {
    case kVarint:
      value.number = reader.Varint();
      break;
    case kFixed64:
      value.number = reader.Little64();
      break;
    case kFixed32:
      value.number = reader.Little32();
      break;
    default:
      value.bytes = reader.Sized();
  }
}

}  // namespace

RowFields::RowFields(schema::TableVersionPtr version) : version_(std::move(version)) {
  for (size_t i = 0; i < version_->columns.size(); ++i) {
    const schema::Column& column = version_->columns[i];
    if (!column.captured) continue;
    by_column_.push_back({.number = column.field_number,
                          .column = static_cast<uint32_t>(i),
                          .wire_type = WireTypeOf(column.field_type)});
  }
  by_number_ = by_column_;
  std::sort(by_number_.begin(), by_number_.end(),
            [](const Field& left, const Field& right) { return left.number < right.number; });
}

const RowFields::Field* RowFields::Find(uint64_t number, size_t expected) const {
  if (expected < by_column_.size() && by_column_[expected].number == number) [[likely]]
    return &by_column_[expected];
  const auto found =
      std::lower_bound(by_number_.begin(), by_number_.end(), number,
                       [](const Field& field, uint64_t wanted) { return field.number < wanted; });
  if (found == by_number_.end() || found->number != number) return nullptr;
  const auto in_order = std::find_if(by_column_.begin(), by_column_.end(), [&](const Field& field) {
    return field.column == found->column;
  });
  return &*in_order;
}

absl::Status RowFields::Damaged(std::string_view what, uint64_t number) const {
  return DamagedRow(*version_, fmt::format("field {} {}", number, what));
}

absl::Status RowFields::Read(const RowView& row, std::vector<FieldValue>& values) const {
  values.assign(version_->columns.size(), FieldValue());
  ByteReader reader(row.bytes);
  size_t expected = 0;
  while (!reader.empty()) {
    const size_t begin = reader.offset();
    const uint64_t tag = reader.Varint();
    const Field* field = Find(tag >> kWireTypeBits, expected);
    if (field == nullptr || (tag & kWireTypeMask) != field->wire_type) [[unlikely]] {
      return Damaged("does not belong to the table", tag >> kWireTypeBits);
    }
    FieldValue& value = values[field->column];
    if (value.state != FieldValue::State::kNull) return Damaged("occurs twice", field->number);
    value.state = FieldValue::State::kPresent;
    ReadValue(field->wire_type, reader, value);
    value.field = row.bytes.substr(begin, reader.offset() - begin);
    if (!reader.ok()) [[unlikely]]
      return Damaged("is truncated", field->number);
    expected = static_cast<size_t>(field - by_column_.data()) + 1;
  }
  if (!reader.ok()) return DamagedRow(*version_, "it is truncated");
  const auto set = [&](uint64_t number, FieldValue::State state, std::string_view bytes) {
    const Field* field = Find(number, by_column_.size());
    if (field == nullptr) return false;
    FieldValue& value = values[field->column];
    if (value.state != FieldValue::State::kNull) return false;
    value.state = state;
    value.bytes = bytes;
    return true;
  };
  for (const uint32_t number : row.unknown) {
    if (!set(number, FieldValue::State::kUnknown, {})) return Damaged("cannot be unknown", number);
  }
  for (const auto& [number, bytes] : row.invalid) {
    if (!set(number, FieldValue::State::kInvalid, bytes)) {
      return Damaged("cannot be invalid text", number);
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace::kafka
