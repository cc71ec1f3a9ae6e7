// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "base/scratch.h"
#include "transcode/compressed_value.h"
#include "transcode/decimal.h"
#include "transcode/json_binary.h"
#include "transcode/mariadb_text.h"
#include "transcode/row_plan_state.h"
#include "transcode/temporal.h"

// Encodes a value by its opcode. The walk has checked that the value is complete.
namespace millrace::transcode {
namespace {

constexpr std::string_view kPartOutOfRange = "a part of a date or time is out of range";

int32_t SignedLittle24(const char* from) {
  return static_cast<int32_t>(LoadLittle24(from) << 8) >> 8;
}

}  // namespace

// The most frequent opcodes; EncodeOther has the rest.
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
    case Opcode::kEnum:
      return EncodeEnum(op, LoadLittle(from, op.width), to);
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
      return EncodeSet(op, LoadLittle(from, op.width), to);
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
      return Impossible("the column cannot be encoded");
  }
}

char* RowPlan::State::EncodeCompressed(const ColumnOp& op, std::string_view value, char* to) {
  constexpr size_t kValueBytesMax = size_t{1} << 30;
  std::string_view content;
  if (!DecompressValue(value, kValueBytesMax, decompressed_, content)) {
    return Impossible("a compressed value is damaged");
  }
  to = EncodeContent(op, content, to);
  ReleaseScratch(decompressed_);
  return to;
}

// Encodes the content of a compressed value.
char* RowPlan::State::EncodeContent(const ColumnOp& op, std::string_view content, char* to) {
  switch (op.content) {
    case Opcode::kBytes:
      return EncodeBytes(op, content, 0, to);
    case Opcode::kUtf8:
      if (IsValidUtf8(content)) return EncodeText(op, content, to);
      AddInvalid(op, owned_bytes_.emplace_back(content));
      return to;
    default: {
      const size_t invalid_before = invalid_->size();
      to = EncodeConverted(op, content, to);
      if (invalid_->size() > invalid_before) {
        invalid_->back().bytes = owned_bytes_.emplace_back(content);
      }
      return to;
    }
  }
}

// The binlog has these types as STRING, without trailing zero bytes.
char* RowPlan::State::EncodeMariadb(const ColumnOp& op, std::string_view value, char* to) {
  char bytes[kUuidBytes] = {};
  if (value.size() > op.parameter) return Impossible("a value is longer than its type");
  if (!value.empty()) std::memcpy(bytes, value.data(), value.size());
  to = EnsureRoom(to, kMariadbTextMax + 16);
  return PutShort(op, to, [&](char* at) {
    if (op.code == Opcode::kUuid) return WriteUuid(bytes, at);
    return op.code == Opcode::kInet6 ? WriteInet6(bytes, at) : WriteInet4(bytes, at);
  });
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
  to = PutBytes(op, json_text_, EnsureRoom(to, json_text_.size() + 16));
  ReleaseScratch(json_text_);
  return to;
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
  document_.Release();
  return EncodeJsonText(op, to);
}

}  // namespace millrace::transcode
