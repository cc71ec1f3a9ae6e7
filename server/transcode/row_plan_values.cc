#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "transcode/compressed_value.h"
#include "transcode/decimal.h"
#include "transcode/json_binary.h"
#include "transcode/mariadb_text.h"
#include "transcode/row_plan_state.h"
#include "transcode/temporal.h"

// How each opcode becomes a field. The walk has checked that a value's bytes are there.
namespace millrace::transcode {
namespace {

constexpr std::string_view kPartOutOfRange = "a part of a date or time is out of range";

inline char* PutTag(const ColumnOp& op, char* to) {
  std::memcpy(to, op.tag, sizeof op.tag);
  return to + op.tag_size;
}

inline char* PutVarint(const ColumnOp& op, uint64_t value, char* to) {
  return WireBuffer::WriteVarint(PutTag(op, to), value);
}

// Negative numbers take ten bytes, as protobuf demands of int32 too.
inline char* PutSigned(const ColumnOp& op, int64_t value, char* to) {
  return PutVarint(op, static_cast<uint64_t>(value), to);
}

// Most values are short: two loads that overlap cost less than a call of memcpy.
inline char* Copy(std::string_view bytes, char* to) {
  const size_t size = bytes.size();
  if (size >= 8 && size <= 16) {
    const uint64_t first = LoadLittle64(bytes.data());
    const uint64_t last = LoadLittle64(bytes.data() + size - 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else if (size >= 4 && size < 8) {
    const uint32_t first = LoadLittle32(bytes.data());
    const uint32_t last = LoadLittle32(bytes.data() + size - 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else if (size != 0) {
    std::memcpy(to, bytes.data(), size);
  }
  return to + size;
}

inline char* PutBytes(const ColumnOp& op, std::string_view bytes, char* to) {
  return Copy(bytes, WireBuffer::WriteVarint(PutTag(op, to), bytes.size()));
}

// A field of less than 128 bytes, which `write` puts where it is told to.
template <typename Writer>
inline char* PutShort(const ColumnOp& op, char* to, Writer write) {
  char* const content = PutTag(op, to) + 1;
  char* const end = write(content);
  if (end != nullptr) content[-1] = static_cast<char>(end - content);
  return end;
}

int32_t SignedLittle24(const char* from) {
  return static_cast<int32_t>(LoadLittle24(from) << 8) >> 8;
}

}  // namespace

void RowPlan::State::AddInvalid(const ColumnOp& op, std::string_view value) {
  const schema::Column& column = table_->columns[op.column];
  invalid_->push_back(
      {.field_number = column.field_number, .charset = column.charset, .bytes = value});
}

// What most columns are; the rest is in EncodeOther.
char* RowPlan::State::Encode(const ColumnOp& op, std::string_view value, char* to) {
  const char* const from = value.data();
  switch (op.code) {
    case Opcode::kSkip:
      return to;
    case Opcode::kInt8:
      return PutSigned(op, static_cast<int8_t>(*from), to);
    case Opcode::kInt16:
      return PutSigned(op, static_cast<int16_t>(LoadLittle16(from)), to);
    case Opcode::kInt24:
      return PutSigned(op, SignedLittle24(from), to);
    case Opcode::kInt32:
      return PutSigned(op, static_cast<int32_t>(LoadLittle32(from)), to);
    case Opcode::kInt64:
    case Opcode::kUint64:
      return PutVarint(op, LoadLittle64(from), to);
    case Opcode::kUint8:
      return PutVarint(op, static_cast<uint8_t>(*from), to);
    case Opcode::kUint16:
      return PutVarint(op, LoadLittle16(from), to);
    case Opcode::kUint24:
      return PutVarint(op, LoadLittle24(from), to);
    case Opcode::kUint32:
      return PutVarint(op, LoadLittle32(from), to);
    case Opcode::kFloat:
      to = PutTag(op, to);
      std::memcpy(to, from, 4);
      return to + 4;
    case Opcode::kDouble:
      to = PutTag(op, to);
      std::memcpy(to, from, 8);
      return to + 8;
    case Opcode::kEnum: {
      const uint64_t index = LoadLittle(from, op.width);
      if (index >= op.labels.size()) return Impossible("an ENUM index without a label");
      return Copy(op.labels[index], to);
    }
    case Opcode::kUtf8:
      return EncodeText(op, value, to);
    case Opcode::kDateTime:
      to = PutShort(op, to, [&](char* at) { return WriteDateTime(from, op.parameter, at); });
      return to != nullptr ? to : Impossible(kPartOutOfRange);
    case Opcode::kTimestamp: {
      TimestampParts parts;
      if (!ReadTimestamp(from, op.parameter, parts)) return Impossible(kPartOutOfRange);
      return EncodeTimestamp(op, parts.seconds, parts.nanoseconds, to);
    }
    case Opcode::kDecimal: {
      const DecimalShape shape = DecimalShape::Of(op.parameter);
      to = PutShort(op, to, [&](char* at) { return WriteDecimal(from, shape, at); });
      return to != nullptr ? to : Impossible("a group of decimal digits is out of range");
    }
    default:
      return EncodeOther(op, value, to);
  }
}

char* RowPlan::State::EncodeOther(const ColumnOp& op, std::string_view value, char* to) {
  const char* const from = value.data();
  const auto temporal = [&](auto write) {
    to = PutShort(op, to, write);
    return to != nullptr ? to : Impossible(kPartOutOfRange);
  };
  switch (op.code) {
    case Opcode::kFloatAsDouble: {
      const auto wide = static_cast<double>(std::bit_cast<float>(LoadLittle32(from)));
      to = PutTag(op, to);
      std::memcpy(to, &wide, sizeof wide);
      return to + sizeof wide;
    }
    case Opcode::kYear: {
      const auto year = static_cast<uint8_t>(*from);
      return PutVarint(op, year == 0 ? 0 : 1900u + year, to);
    }
    case Opcode::kBit: {
      const uint64_t bits = LoadBig(from, op.width);
      if (op.parameter < 64 && bits >> op.parameter != 0) return Impossible("too many bits");
      return PutVarint(op, bits, to);
    }
    case Opcode::kDate:
      return temporal([&](char* at) { return WriteDate(from, at); });
    case Opcode::kTime:
      return temporal([&](char* at) { return WriteTime(from, op.parameter, at); });
    case Opcode::kTimeOld:
      return temporal([&](char* at) { return WriteTimeOld(from, at); });
    case Opcode::kDateTimeOld:
      return temporal([&](char* at) { return WriteDateTimeOld(from, at); });
    case Opcode::kTimestampOld:
      return EncodeTimestamp(op, LoadLittle32(from), 0, to);
    case Opcode::kSet:
      return EncodeSet(op, value, to);
    case Opcode::kConverted:
      return EncodeConverted(op, value, to);
    case Opcode::kBytes:
      return EncodeBytes(op, value, 0, to);
    case Opcode::kPaddedBytes:
      return EncodeBytes(op, value, op.parameter, to);
    case Opcode::kCompressed:
      return EncodeCompressed(op, value, to);
    case Opcode::kUuid:
    case Opcode::kInet6:
    case Opcode::kInet4:
      return EncodeMariadb(op, value, to);
    case Opcode::kJson:
      return EncodeJson(op, value, to);
    case Opcode::kGeometry:
      return EncodeGeometry(op, value, to);
    case Opcode::kVector:
      return EncodeVector(op, value, to);
    default:
      return Impossible("no way to encode the column");
  }
}

char* RowPlan::State::EncodeText(const ColumnOp& op, std::string_view value, char* to) {
  if (!IsValidUtf8(value)) [[unlikely]] {
    AddInvalid(op, value);
    return to;
  }
  to = Room(to, value.size() + 16);
  return PutBytes(op, value, to);
}

char* RowPlan::State::EncodeConverted(const ColumnOp& op, std::string_view value, char* to) {
  to = Room(to, Charset::Utf8Room(value.size()) + 16);
  // Most text does not grow: a length of as many bytes as that of the value will do.
  const unsigned width = WireBuffer::VarintWidth(value.size());
  char* const length = PutTag(op, to);
  char* const text = length + width;
  char* const end = op.charset->WriteUtf8(value, text);
  if (end == nullptr) {
    AddInvalid(op, value);
    return to;
  }
  const auto size = static_cast<size_t>(end - text);
  const unsigned needed = WireBuffer::VarintWidth(size);
  if (needed != width) std::memmove(length + needed, text, size);
  return WireBuffer::WriteVarint(length, size) + size;
}

char* RowPlan::State::EncodeBytes(const ColumnOp& op, std::string_view value, size_t padded,
                                  char* to) {
  const size_t size = std::max(value.size(), padded);
  to = Room(to, size + 16);
  to = WireBuffer::WriteVarint(PutTag(op, to), size);
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  std::memset(to + value.size(), 0, size - value.size());
  return to + size;
}

char* RowPlan::State::EncodeCompressed(const ColumnOp& op, std::string_view value, char* to) {
  constexpr size_t kValueBytesMax = size_t{1} << 30;
  std::string_view content;
  if (!UncompressValue(value, kValueBytesMax, inflated_, content)) {
    return Impossible("a compressed value is damaged");
  }
  switch (op.content) {
    case Opcode::kBytes:
      return EncodeBytes(op, content, 0, to);
    case Opcode::kUtf8:
      if (IsValidUtf8(content)) return EncodeText(op, content, to);
      AddInvalid(op, kept_.emplace_back(content));
      return to;
    default: {
      const size_t invalid_before = invalid_->size();
      to = EncodeConverted(op, content, to);
      if (invalid_->size() > invalid_before) {
        invalid_->back().bytes = kept_.emplace_back(content);
      }
      return to;
    }
  }
}

// The binlog carries these as STRING, which loses zero bytes at its end.
char* RowPlan::State::EncodeMariadb(const ColumnOp& op, std::string_view value, char* to) {
  char bytes[kUuidBytes] = {};
  if (value.size() > op.parameter) return Impossible("a value is longer than its type");
  if (!value.empty()) std::memcpy(bytes, value.data(), value.size());
  to = Room(to, kMariadbTextMax + 16);
  return PutShort(op, to, [&](char* at) {
    if (op.code == Opcode::kUuid) return WriteUuid(bytes, at);
    return op.code == Opcode::kInet6 ? WriteInet6(bytes, at) : WriteInet4(bytes, at);
  });
}

// google.protobuf.Timestamp{seconds = 1, nanos = 2}; the zero date is the empty message.
char* RowPlan::State::EncodeTimestamp(const ColumnOp& op, uint32_t seconds, uint32_t nanoseconds,
                                      char* to) {
  return PutShort(op, to, [&](char* at) {
    if (seconds != 0) {
      *at++ = 1 << 3 | WireBuffer::kVarint;
      at = WireBuffer::WriteVarint(at, seconds);
    }
    if (nanoseconds != 0) {
      *at++ = 2 << 3 | WireBuffer::kVarint;
      at = WireBuffer::WriteVarint(at, nanoseconds);
    }
    return at;
  });
}

char* RowPlan::State::EncodeSet(const ColumnOp& op, std::string_view value, char* to) {
  const uint64_t bits = LoadLittle(value.data(), op.width);
  size_t size = 0;
  for (uint64_t left = bits; left != 0; left &= left - 1) {
    const auto member = static_cast<size_t>(std::countr_zero(left));
    if (member >= op.labels.size()) return Impossible("a SET member without a label");
    size += op.labels[member].size() + 1;
  }
  if (size > 0) --size;  // a comma between members, none after the last
  to = Room(to, size + 16);
  to = WireBuffer::WriteVarint(PutTag(op, to), size);
  for (uint64_t left = bits; left != 0; left &= left - 1) {
    const std::string& label = op.labels[static_cast<size_t>(std::countr_zero(left))];
    if (left != bits) *to++ = ',';
    std::memcpy(to, label.data(), label.size());
    to += label.size();
  }
  return to;
}

char* RowPlan::State::EncodeJson(const ColumnOp& op, std::string_view value, char* to) {
  json_text_.clear();
  if (!AppendJson(JsonDocumentOf(value), 0, JsonTextMax(value.size()), json_text_)) {
    return Impossible("malformed binary JSON");
  }
  return EncodeJsonText(op, to);
}

char* RowPlan::State::EncodeJsonText(const ColumnOp& op, char* to) {
  if (!IsValidUtf8(json_text_)) return Impossible("JSON text that is not UTF-8");
  to = Room(to, json_text_.size() + 16);
  return PutBytes(op, json_text_, to);
}

char* RowPlan::State::EncodeDifferences(const ColumnOp& op, std::string_view differences,
                                        char* to) {
  if (op.code == Opcode::kSkip) return to;
  if (!has_document_[op.column]) {
    lacks_document_ = true;
    return Impossible("JSON differences without a document");
  }
  json_text_.clear();
  document_.Reset(documents_[op.column]);
  if (!document_.Apply(differences) || !document_.AppendText(json_text_)) {
    return Impossible("JSON differences that do not fit the document");
  }
  return EncodeJsonText(op, to);
}

// millrace.v1.Geometry{srid = 1, wkb = 2}
char* RowPlan::State::EncodeGeometry(const ColumnOp& op, std::string_view value, char* to) {
  to = Room(to, value.size() + 32);
  if (value.empty()) return PutBytes(op, {}, to);
  if (value.size() < 4) return Impossible("a geometry without its reference system");
  const uint32_t srid = LoadLittle32(value.data());
  const std::string_view wkb = value.substr(4);
  const size_t srid_size = srid == 0 ? 0 : 1 + WireBuffer::VarintWidth(srid);
  const size_t wkb_size = wkb.empty() ? 0 : 1 + WireBuffer::VarintWidth(wkb.size()) + wkb.size();
  to = WireBuffer::WriteVarint(PutTag(op, to), srid_size + wkb_size);
  if (srid != 0) {
    *to++ = 1 << 3 | WireBuffer::kVarint;
    to = WireBuffer::WriteVarint(to, srid);
  }
  if (!wkb.empty()) {
    *to++ = 2 << 3 | WireBuffer::kBytes;
    to = WireBuffer::WriteVarint(to, wkb.size());
    std::memcpy(to, wkb.data(), wkb.size());
    to += wkb.size();
  }
  return to;
}

// millrace.v1.Vector{repeated float values = 1}, which protobuf packs as the server does.
char* RowPlan::State::EncodeVector(const ColumnOp& op, std::string_view value, char* to) {
  to = Room(to, value.size() + 32);
  if (value.empty()) return PutBytes(op, {}, to);
  if (value.size() % 4 != 0) return Impossible("a vector that is not of whole numbers");
  const size_t size = 1 + WireBuffer::VarintWidth(value.size()) + value.size();
  to = WireBuffer::WriteVarint(PutTag(op, to), size);
  *to++ = 1 << 3 | WireBuffer::kBytes;
  to = WireBuffer::WriteVarint(to, value.size());
  std::memcpy(to, value.data(), value.size());
  return to + value.size();
}

}  // namespace millrace::transcode
