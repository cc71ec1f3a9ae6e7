// SPDX-License-Identifier: Apache-2.0

#include "transcode/field_writer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "fmt/format.h"

namespace millrace::transcode {

FieldWriter::FieldWriter(schema::TableVersionPtr table, std::vector<ColumnOp> ops)
    : table_(std::move(table)), ops_(std::move(ops)) {
  for (const ColumnOp& op : ops_) fixed_room_ += op.field_bytes_max;
  // PutTag copies eight bytes, also for a shorter tag.
  fixed_room_ += sizeof(ColumnOp::tag);
}

void FieldWriter::AddInvalid(const ColumnOp& op, std::string_view value) {
  const schema::Column& column = table_->columns[op.column];
  invalid_->push_back(
      {.field_number = column.field_number, .charset = column.charset, .bytes = value});
}

void FieldWriter::AddInvalidSet(const ColumnOp& op, uint64_t bits) {
  std::string& joined = owned_bytes_.emplace_back();
  for (uint64_t left = bits; left != 0; left &= left - 1) {
    if (left != bits) joined += op.comma;
    joined += op.label_bytes[static_cast<size_t>(std::countr_zero(left))];
  }
  AddInvalid(op, joined);
}

void FieldWriter::AddAmbiguous(const ColumnOp& op, std::string_view value) {
  AddInvalid(op, value);
  invalid_->back().ambiguous = true;
}

char* FieldWriter::EncodeText(const ColumnOp& op, std::string_view value, char* to) {
  if (!IsValidUtf8(value)) [[unlikely]] {
    AddInvalid(op, value);
    return to;
  }
  to = EnsureRoom(to, value.size() + 16);
  return PutBytes(op, value, to);
}

char* FieldWriter::EncodeConverted(const ColumnOp& op, std::string_view value, char* to) {
  to = EnsureRoom(to, Charset::Utf8BufferBytes(value.size()) + 16);
  // Most text does not grow, so assume a length varint as long as that of the value.
  const unsigned width = wire::Buffer::VarintWidth(value.size());
  char* const length = PutTag(op, to);
  char* const text = length + width;
  char* const end = op.charset->WriteUtf8(value, text);
  if (end == nullptr) {
    AddInvalid(op, value);
    return to;
  }
  if (op.ambiguous && op.charset->HasAlias(value)) [[unlikely]]
    AddAmbiguous(op, value);
  const auto size = static_cast<size_t>(end - text);
  const unsigned needed = wire::Buffer::VarintWidth(size);
  if (needed != width) std::memmove(length + needed, text, size);
  return WriteVarint(length, size) + size;
}

char* FieldWriter::EncodeBytes(const ColumnOp& op, std::string_view value, size_t padded,
                               char* to) {
  const size_t size = std::max(value.size(), padded);
  to = EnsureRoom(to, size + 16);
  to = WriteVarint(PutTag(op, to), size);
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  std::memset(to + value.size(), 0, size - value.size());
  return to + size;
}

// google.protobuf.Timestamp{seconds = 1, nanos = 2}; the zero date is the empty message.
char* FieldWriter::EncodeTimestamp(const ColumnOp& op, uint32_t seconds, uint32_t nanoseconds,
                                   char* to) {
  return PutShort(op, to, [&](char* at) {
    if (seconds != 0) {
      *at++ = 1 << 3 | wire::Buffer::kVarint;
      at = WriteVarint(at, seconds);
    }
    if (nanoseconds != 0) {
      *at++ = 2 << 3 | wire::Buffer::kVarint;
      at = WriteVarint(at, nanoseconds);
    }
    return at;
  });
}

char* FieldWriter::EncodeSet(const ColumnOp& op, uint64_t bits, char* to) {
  size_t size = 0;
  for (uint64_t left = bits; left != 0; left &= left - 1) {
    const auto member = static_cast<size_t>(std::countr_zero(left));
    if (member >= op.labels.size()) return Impossible("a SET member without a label");
    size += op.labels[member].size() + 1;
  }
  if ((bits & op.invalid_members) != 0) [[unlikely]] {
    AddInvalidSet(op, bits);
    return to;
  }
  if ((bits & op.ambiguous_bits) != 0) [[unlikely]]
    AddAmbiguous(op, owned_bytes_.emplace_back(fmt::format("{}", bits)));
  if (size > 0) --size;  // a comma between members, none after the last
  to = EnsureRoom(to, size + 16);
  to = WriteVarint(PutTag(op, to), size);
  for (uint64_t left = bits; left != 0; left &= left - 1) {
    const std::string& label = op.labels[static_cast<size_t>(std::countr_zero(left))];
    if (left != bits) *to++ = ',';
    std::memcpy(to, label.data(), label.size());
    to += label.size();
  }
  return to;
}

// millrace.v1.Geometry{srid = 1, wkb = 2}
char* FieldWriter::EncodeGeometry(const ColumnOp& op, std::string_view value, char* to) {
  to = EnsureRoom(to, value.size() + 32);
  if (value.empty()) return PutBytes(op, {}, to);
  if (value.size() < 4) return Impossible("a geometry too short for its SRID");
  const uint32_t srid = LoadLittle32(value.data());
  const std::string_view wkb = value.substr(4);
  const size_t srid_size = srid == 0 ? 0 : 1 + wire::Buffer::VarintWidth(srid);
  const size_t wkb_size = wkb.empty() ? 0 : 1 + wire::Buffer::VarintWidth(wkb.size()) + wkb.size();
  to = WriteVarint(PutTag(op, to), srid_size + wkb_size);
  if (srid != 0) {
    *to++ = 1 << 3 | wire::Buffer::kVarint;
    to = WriteVarint(to, srid);
  }
  if (!wkb.empty()) {
    *to++ = 2 << 3 | wire::Buffer::kBytes;
    to = WriteVarint(to, wkb.size());
    std::memcpy(to, wkb.data(), wkb.size());
    to += wkb.size();
  }
  return to;
}

// millrace.v1.Vector{repeated float values = 1}, which protobuf packs as the server does.
char* FieldWriter::EncodeVector(const ColumnOp& op, std::string_view value, char* to) {
  to = EnsureRoom(to, value.size() + 32);
  if (value.empty()) return PutBytes(op, {}, to);
  if (value.size() % 4 != 0) return Impossible("the size of a vector is not a multiple of 4");
  const size_t size = 1 + wire::Buffer::VarintWidth(value.size()) + value.size();
  to = WriteVarint(PutTag(op, to), size);
  *to++ = 1 << 3 | wire::Buffer::kBytes;
  to = WriteVarint(to, value.size());
  std::memcpy(to, value.data(), value.size());
  return to + value.size();
}

}  // namespace millrace::transcode
