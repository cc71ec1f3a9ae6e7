// SPDX-License-Identifier: Apache-2.0

#include "transcode/json_binary.h"

#include <bit>

#include "base/bytes.h"
#include "model/column_type.h"
#include "transcode/decimal.h"
#include "transcode/json_text.h"
#include "transcode/temporal.h"

namespace millrace::transcode {
namespace {

// Reads a length in base 128 of at most five bytes, then that many bytes.
bool ReadSized(std::string_view bytes, std::string_view& content) {
  ByteReader reader(bytes);
  content = reader.Sized();
  return reader.ok();
}

bool AppendDecimal(std::string_view bytes, std::string& to) {
  ByteReader reader(bytes);
  const DecimalShape shape{.precision = reader.Little8(), .scale = reader.Little8()};
  if (!reader.ok() || !shape.valid_in_json()) return false;
  if (reader.remaining() < DecimalBytes(shape)) return false;
  char text[kJsonDecimalTextMax];
  const char* end = WriteDecimal(reader.rest().data(), shape, text);
  if (end == nullptr) return false;
  to.append(text, static_cast<size_t>(end - text));
  return true;
}

using PackedWriter = char* (*)(int64_t packed, char* to);

bool AppendTemporal(std::string_view bytes, PackedWriter write, std::string& to) {
  if (bytes.size() != 8) return false;
  char text[kTemporalTextMax];
  const char* end = write(static_cast<int64_t>(LoadLittle64(bytes.data())), text);
  if (end == nullptr) return false;
  to.push_back('"');
  to.append(text, static_cast<size_t>(end - text));
  to.push_back('"');
  return true;
}

// Appends a value of an SQL type that JSON lacks: type code, length, bytes.
bool AppendOpaque(std::string_view bytes, std::string& to) {
  std::string_view content;
  if (bytes.empty() || !ReadSized(bytes.substr(1), content)) return false;
  const auto code = static_cast<uint8_t>(bytes[0]);
  switch (static_cast<ColumnType>(code)) {
    case ColumnType::kNewDecimal:
      return AppendDecimal(content, to);
    case ColumnType::kDate:
      return AppendTemporal(content, WritePackedDate, to);
    case ColumnType::kTimeOld:
      return AppendTemporal(content, WritePackedTime, to);
    case ColumnType::kDateTimeOld:
    case ColumnType::kTimestampOld:
      return AppendTemporal(content, WritePackedDateTime, to);
    default:
      AppendJsonBase64(to, code, content);
      return true;
  }
}

bool AppendLiteral(std::string_view bytes, std::string& to) {
  if (bytes.empty()) return false;
  switch (bytes[0]) {
    case 0:
      to.append("null");
      return true;
    case 1:
      to.append("true");
      return true;
    case 2:
      to.append("false");
      return true;
    default:
      return false;
  }
}

bool AppendContainer(const JsonValue& value, unsigned depth, size_t size_max, std::string& to) {
  JsonContainer container;
  if (depth >= kJsonDepthMax || !container.Open(value)) return false;
  to.push_back(container.is_object() ? '{' : '[');
  for (uint32_t i = 0; i < container.size(); ++i) {
    if (i > 0) to.append(", ");
    if (container.is_object()) {
      std::string_view key;
      if (!container.Key(i, key)) return false;
      AppendJsonString(to, key);
      to.append(": ");
    }
    JsonValue element;
    if (!container.Value(i, element)) return false;
    if (!AppendJson(element, depth + 1, size_max, to)) return false;
  }
  to.push_back(container.is_object() ? '}' : ']');
  return true;
}

bool AppendNumber(const JsonValue& value, std::string& to) {
  ByteReader reader(value.bytes);
  switch (value.type) {
    case JsonValue::kInt16:
      AppendJsonSigned(to, static_cast<int16_t>(reader.Little16()));
      break;
    case JsonValue::kUint16:
      AppendJsonUnsigned(to, reader.Little16());
      break;
    case JsonValue::kInt32:
      AppendJsonSigned(to, static_cast<int32_t>(reader.Little32()));
      break;
    case JsonValue::kUint32:
      AppendJsonUnsigned(to, reader.Little32());
      break;
    case JsonValue::kInt64:
      AppendJsonSigned(to, static_cast<int64_t>(reader.Little64()));
      break;
    case JsonValue::kUint64:
      AppendJsonUnsigned(to, reader.Little64());
      break;
    default:
      return false;
  }
  return reader.ok();
}

bool AppendDouble(std::string_view bytes, std::string& to) {
  constexpr uint64_t kInfinityBits = 0x7ff0000000000000;
  if (bytes.size() < 8) return false;
  const uint64_t bits = LoadLittle64(bytes.data());
  // JSON has no infinity and no NaN, and MySQL stores none.
  if ((bits & kInfinityBits) == kInfinityBits) return false;
  AppendJsonDouble(to, std::bit_cast<double>(bits));
  return true;
}

bool AppendString(std::string_view bytes, std::string& to) {
  std::string_view text;
  if (!ReadSized(bytes, text)) return false;
  AppendJsonString(to, text);
  return true;
}

}  // namespace

JsonValue JsonDocumentOf(std::string_view column_value) {
  constexpr std::string_view kNull("\0", 1);
  if (column_value.empty()) return {JsonValue::kLiteral, kNull};
  return {static_cast<uint8_t>(column_value[0]), column_value.substr(1)};
}

uint64_t JsonContainer::Offset(size_t at) const {
  return is_large_ ? LoadLittle32(bytes_.data() + at) : LoadLittle16(bytes_.data() + at);
}

bool JsonContainer::Open(const JsonValue& value) {
  is_object_ = value.is_object();
  is_large_ = value.type == JsonValue::kLargeObject || value.type == JsonValue::kLargeArray;
  bytes_ = value.bytes;
  const size_t header_bytes = 2 * offset_bytes();
  if (bytes_.size() < header_bytes) return false;
  const uint64_t total = Offset(offset_bytes());
  if (total < header_bytes || total > bytes_.size()) return false;
  size_ = static_cast<uint32_t>(Offset(0));
  bytes_ = bytes_.substr(0, total);
  values_at_ = header_bytes + (is_object_ ? uint64_t{size_} * key_entry_bytes() : 0);
  return values_at_ + uint64_t{size_} * value_entry_bytes() <= bytes_.size();
}

bool JsonContainer::Key(uint32_t index, std::string_view& key) const {
  const size_t entry = 2 * offset_bytes() + index * key_entry_bytes();
  const uint64_t offset = Offset(entry);
  const uint64_t length = LoadLittle16(bytes_.data() + entry + offset_bytes());
  if (offset > bytes_.size() || length > bytes_.size() - offset) return false;
  key = bytes_.substr(offset, length);
  return true;
}

bool JsonContainer::IsInlined(uint8_t type) const {
  switch (type) {
    case JsonValue::kLiteral:
    case JsonValue::kInt16:
    case JsonValue::kUint16:
      return true;
    case JsonValue::kInt32:
    case JsonValue::kUint32:
      return is_large_;
    default:
      return false;
  }
}

bool JsonContainer::Value(uint32_t index, JsonValue& value) const {
  const size_t entry = values_at_ + index * value_entry_bytes();
  value.type = static_cast<uint8_t>(bytes_[entry]);
  if (IsInlined(value.type)) {
    value.bytes = bytes_.substr(entry + 1, offset_bytes());
    return true;
  }
  const uint64_t offset = Offset(entry + 1);
  // If a value could point into its container's header, a hostile document could contain itself.
  if (offset < values_at_ + uint64_t{size_} * value_entry_bytes() || offset > bytes_.size())
    return false;
  value.bytes = bytes_.substr(offset);
  return true;
}

bool AppendJson(const JsonValue& value, unsigned depth, size_t size_max, std::string& to) {
  if (to.size() > size_max) return false;
  switch (value.type) {
    case JsonValue::kSmallObject:
    case JsonValue::kLargeObject:
    case JsonValue::kSmallArray:
    case JsonValue::kLargeArray:
      return AppendContainer(value, depth, size_max, to);
    case JsonValue::kLiteral:
      return AppendLiteral(value.bytes, to);
    case JsonValue::kDouble:
      return AppendDouble(value.bytes, to);
    case JsonValue::kString:
      return AppendString(value.bytes, to);
    case JsonValue::kOpaque:
      return AppendOpaque(value.bytes, to);
    default:
      return AppendNumber(value, to);
  }
}

}  // namespace millrace::transcode
