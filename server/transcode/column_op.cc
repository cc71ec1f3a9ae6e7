// SPDX-License-Identifier: Apache-2.0

#include "transcode/column_op.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "schema/ambiguous_text.h"
#include "schema/labels.h"
#include "transcode/decimal.h"
#include "transcode/mariadb_text.h"
#include "transcode/temporal.h"
#include "wire/buffer.h"

namespace millrace::transcode {
namespace {

using schema::Column;
using schema::FieldType;

constexpr uint32_t kTagMax = 8;  // PutTag copies eight bytes
constexpr uint32_t kVarintMax = 10;

absl::Status Undecodable(const schema::TableVersion& table, const Column& column,
                         std::string_view problem) {
  return MakeError(reason::kRowUndecodable,
                   fmt::format("column `{}` of {} {}", column.name, table.name.ToString(), problem),
                   {{"table", table.name.ToString()}, {"column", column.name}});
}

absl::Status Unsupported(const schema::TableVersion& table, const Column& column,
                         const Reason& reason, std::string_view problem) {
  return MakeError(reason,
                   fmt::format("column `{}` of {} {}; exclude the column or change its type",
                               column.name, table.name.ToString(), problem),
                   {{"table", table.name.ToString()}, {"column", column.name}});
}

uint32_t WireTypeOf(FieldType type) {
  switch (type) {
    case FieldType::kInt32:
    case FieldType::kUint32:
    case FieldType::kInt64:
    case FieldType::kUint64:
      return wire::Buffer::kVarint;
    case FieldType::kFloat:
      return wire::Buffer::kFixed32;
    case FieldType::kDouble:
      return wire::Buffer::kFixed64;
    default:
      return wire::Buffer::kBytes;
  }
}

void SetTag(ColumnOp& op, const Column& column) {
  const uint32_t tag = wire::Buffer::Tag(column.field_number, WireTypeOf(column.field_type));
  op.tag_size = static_cast<uint8_t>(WriteVarint(op.tag, tag) - op.tag);
}

// Sets the layout of values of `width` bytes. Their field has at most `content_max` bytes besides
// its tag and a varint.
void SetFixed(ColumnOp& op, Opcode code, size_t width, size_t content_max) {
  op.code = code;
  op.width = static_cast<uint8_t>(width);
  op.field_bytes_max = static_cast<uint32_t>(kTagMax + kVarintMax + content_max);
}

void SetPrefixed(ColumnOp& op, Opcode code, unsigned length_bytes) {
  op.code = code;
  op.has_length = true;
  op.width = static_cast<uint8_t>(length_bytes);
}

// Bytes of the length before a CHAR, VARCHAR, BINARY or VARBINARY: two if values may exceed 255
// bytes.
unsigned LengthBytes(const Column& column) { return column.metadata > 255 ? 2 : 1; }

// Sets layout and opcode of integers. False for other types.
bool CompileInteger(const Column& column, ColumnOp& op) {
  const bool is_unsigned = column.is_unsigned;
  switch (column.type) {
    case ColumnType::kTiny:
      SetFixed(op, is_unsigned ? Opcode::kUint8 : Opcode::kInt8, 1, 0);
      return true;
    case ColumnType::kShort:
      SetFixed(op, is_unsigned ? Opcode::kUint16 : Opcode::kInt16, 2, 0);
      return true;
    case ColumnType::kInt24:
      SetFixed(op, is_unsigned ? Opcode::kUint24 : Opcode::kInt24, 3, 0);
      return true;
    case ColumnType::kLong:
      SetFixed(op, is_unsigned ? Opcode::kUint32 : Opcode::kInt32, 4, 0);
      return true;
    case ColumnType::kLongLong:
      SetFixed(op, is_unsigned ? Opcode::kUint64 : Opcode::kInt64, 8, 0);
      return true;
    default:
      return false;
  }
}

// FLOAT, DOUBLE, YEAR, BIT, DECIMAL. False for other types.
bool CompileOtherNumber(const Column& column, ColumnOp& op) {
  const DecimalShape shape = DecimalShape::Of(column.metadata);
  switch (column.type) {
    case ColumnType::kFloat:
      SetFixed(op,
               column.field_type == FieldType::kDouble ? Opcode::kFloatAsDouble : Opcode::kFloat, 4,
               0);
      return true;
    case ColumnType::kDouble:
      SetFixed(op, Opcode::kDouble, 8, 0);
      return true;
    case ColumnType::kYear:
      SetFixed(op, Opcode::kYear, 1, 0);
      return true;
    case ColumnType::kBit:
      SetFixed(op, Opcode::kBit, (column.metadata + 7u) / 8u, 0);
      return column.metadata >= 1 && column.metadata <= 64;
    case ColumnType::kNewDecimal:
      if (!shape.valid()) return false;
      SetFixed(op, Opcode::kDecimal, DecimalBytes(shape), kDecimalTextMax);
      return true;
    default:
      return false;
  }
}

bool CompileTemporal(const Column& column, ColumnOp& op) {
  const unsigned digits = column.metadata;
  const auto set = [&op](Opcode code, size_t width) {
    SetFixed(op, code, width, kTemporalTextMax);
  };
  switch (column.type) {
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      set(Opcode::kDate, 3);
      return true;
    case ColumnType::kTime2:
      set(Opcode::kTime, 3 + FractionBytes(digits));
      return digits <= kFractionDigitsMax;
    case ColumnType::kDateTime2:
      set(Opcode::kDateTime, 5 + FractionBytes(digits));
      return digits <= kFractionDigitsMax;
    case ColumnType::kTimestamp2:
      set(Opcode::kTimestamp, 4 + FractionBytes(digits));
      return digits <= kFractionDigitsMax;
    case ColumnType::kTimeOld:
      set(Opcode::kTimeOld, 3);
      return true;
    case ColumnType::kDateTimeOld:
      set(Opcode::kDateTimeOld, 8);
      return true;
    case ColumnType::kTimestampOld:
      set(Opcode::kTimestampOld, 4);
      return true;
    default:
      return false;
  }
}

std::string CommaOf(std::string_view charset) {
  if (charset == "ucs2" || charset == "utf16") return std::string("\0,", 2);
  if (charset == "utf16le") return std::string(",\0", 2);
  return charset == "utf32" ? std::string("\0\0\0,", 4) : ",";
}

constexpr size_t kMembersMax = 64;  // of a SET

void MarkAmbiguousLabels(const Column& column, ColumnOp& op) {
  const std::vector<bool> ambiguous = schema::AmbiguousLabels(column);
  op.ambiguous = std::find(ambiguous.begin(), ambiguous.end(), true) != ambiguous.end();
  if (!op.ambiguous) return;
  for (size_t i = 0; i < ambiguous.size(); ++i) {
    op.ambiguous_digits.push_back(ambiguous[i] ? fmt::format("{}", i) : std::string());
    if (ambiguous[i] && i < kMembersMax) op.ambiguous_bits |= uint64_t{1} << i;
  }
}

bool CompileSet(const Column& column, ColumnOp& op) {
  SetFixed(op, Opcode::kSet, column.metadata, 0);
  op.labels = column.labels;
  MarkAmbiguousLabels(column, op);
  for (size_t i = 0; i < std::min(column.label_bytes.size(), kMembersMax); ++i) {
    if (!schema::LabelIsText(column, i)) op.invalid_members |= uint64_t{1} << i;
  }
  op.comma = CommaOf(column.charset);
  return column.metadata >= 1 && column.metadata <= 8;
}

bool CompileLabels(const Column& column, ColumnOp& op) {
  if (column.type != ColumnType::kSet && column.type != ColumnType::kEnum) return false;
  op.label_bytes = column.label_bytes;
  if (column.type == ColumnType::kSet) return CompileSet(column, op);
  size_t longest = 0;
  const auto add = [&](std::string_view label) {
    wire::Buffer field;
    field.Append({op.tag, op.tag_size});
    field.PutVarint(label.size());
    field.Append(label);
    op.labels.emplace_back(field.view());
    longest = std::max(longest, label.size());
  };
  add("");
  for (size_t i = 0; i < column.labels.size(); ++i) {
    if (schema::LabelIsText(column, i)) {
      add(column.labels[i]);
    } else {
      op.labels.emplace_back();
    }
  }
  SetFixed(op, Opcode::kEnum, column.metadata, longest);
  MarkAmbiguousLabels(column, op);
  return column.metadata == 1 || column.metadata == 2;
}

// The opcode for a string column, by its charset.
Opcode TextOpcode(const Column& column, ColumnOp& op) {
  if (column.field_type == FieldType::kBytes) return Opcode::kBytes;
  op.charset = FindCharset(column.charset);
  op.ambiguous = op.charset != nullptr && op.charset->has_aliases();
  const bool plain =
      op.charset != nullptr && op.charset->is_utf8() && op.charset->name() != "ascii";
  return plain ? Opcode::kUtf8 : Opcode::kConverted;
}

bool CompileMariadb(const Column& column, ColumnOp& op) {
  switch (column.meaning) {
    default:
      return false;
    case schema::Meaning::kMariadbUuid:
      op.parameter = kUuidBytes;
      SetPrefixed(op, Opcode::kUuid, 1);
      return true;
    case schema::Meaning::kMariadbInet6:
      op.parameter = kInet6Bytes;
      SetPrefixed(op, Opcode::kInet6, 1);
      return true;
    case schema::Meaning::kMariadbInet4:
      op.parameter = kInet4Bytes;
      SetPrefixed(op, Opcode::kInet4, 1);
      return true;
  }
  return false;
}

bool CompileString(const Column& column, ColumnOp& op) {
  switch (column.type) {
    case ColumnType::kString:
      if (CompileMariadb(column, op)) return true;
      SetPrefixed(op, TextOpcode(column, op), LengthBytes(column));
      if (op.code == Opcode::kBytes) op.code = Opcode::kPaddedBytes;
      return true;
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
      SetPrefixed(op, TextOpcode(column, op), LengthBytes(column));
      return true;
    case ColumnType::kVarcharCompressed:
      op.content = TextOpcode(column, op);
      SetPrefixed(op, Opcode::kCompressed, LengthBytes(column));
      return true;
    default:
      return false;
  }
}

bool CompileBlob(const Column& column, ColumnOp& op) {
  const unsigned length_bytes = column.metadata;
  switch (column.type) {
    case ColumnType::kTinyBlob:
    case ColumnType::kBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
      SetPrefixed(op, TextOpcode(column, op), length_bytes);
      break;
    case ColumnType::kBlobCompressed:
      op.content = TextOpcode(column, op);
      SetPrefixed(op, Opcode::kCompressed, length_bytes);
      break;
    case ColumnType::kJson:
      SetPrefixed(op, Opcode::kJson, length_bytes);
      break;
    case ColumnType::kGeometry:
      SetPrefixed(op, Opcode::kGeometry, length_bytes);
      break;
    case ColumnType::kVector:
      SetPrefixed(op, Opcode::kVector, length_bytes);
      break;
    case ColumnType::kTypedArray:
      SetPrefixed(op, Opcode::kSkip, 4);
      return true;
    default:
      return false;
  }
  return length_bytes >= 1 && length_bytes <= 4;
}

bool IsOneOf(FieldType type, std::initializer_list<FieldType> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// True if a field of this type can represent every value that `op` produces.
bool FieldHolds(FieldType type, const ColumnOp& op) {
  switch (op.code) {
    case Opcode::kSkip:
      return true;
    case Opcode::kInt8:
    case Opcode::kInt16:
    case Opcode::kInt24:
    case Opcode::kInt32:
      return IsOneOf(type, {FieldType::kInt32, FieldType::kInt64});
    case Opcode::kInt64:
      return type == FieldType::kInt64;
    case Opcode::kUint8:
    case Opcode::kUint16:
    case Opcode::kUint24:
    case Opcode::kUint32:
    case Opcode::kYear:
      return IsOneOf(type, {FieldType::kUint32, FieldType::kUint64, FieldType::kInt64});
    case Opcode::kUint64:
    case Opcode::kBit:
      return type == FieldType::kUint64;
    case Opcode::kFloat:
      return type == FieldType::kFloat;
    case Opcode::kDouble:
    case Opcode::kFloatAsDouble:
      return type == FieldType::kDouble;
    case Opcode::kTimestamp:
    case Opcode::kTimestampOld:
      return type == FieldType::kTimestamp;
    case Opcode::kBytes:
    case Opcode::kPaddedBytes:
      return type == FieldType::kBytes;
    case Opcode::kCompressed:
      return IsOneOf(type, {FieldType::kBytes, FieldType::kString});
    case Opcode::kGeometry:
      return type == FieldType::kGeometry;
    case Opcode::kVector:
      return type == FieldType::kVector;
    default:
      return type == FieldType::kString;
  }
}

// True for old temporal columns with a fraction. MariaDB without mysql56_temporal_format stores
// them in another format under the same type codes, and the binlog does not show the difference.
bool HasHiddenFraction(const Column& column) {
  const bool is_old = column.type == ColumnType::kTimeOld ||
                      column.type == ColumnType::kDateTimeOld ||
                      column.type == ColumnType::kTimestampOld;
  return is_old && column.mysql_type.find('(') != std::string::npos &&
         column.mysql_type.find("(0)") == std::string::npos;
}

bool NeedsCharset(const ColumnOp& op) {
  const auto is_text = [](Opcode code) {
    return code == Opcode::kUtf8 || code == Opcode::kConverted;
  };
  return is_text(op.code) || (op.code == Opcode::kCompressed && is_text(op.content));
}

}  // namespace

absl::StatusOr<ColumnOp> CompileColumn(const schema::TableVersion& table, size_t index) {
  const Column& column = table.columns[index];
  ColumnOp op;
  op.column = static_cast<uint32_t>(index);
  op.parameter = column.metadata;
  op.is_json = column.type == ColumnType::kJson;
  SetTag(op, column);
  const bool known = CompileInteger(column, op) || CompileOtherNumber(column, op) ||
                     CompileTemporal(column, op) || CompileLabels(column, op) ||
                     CompileString(column, op) || CompileBlob(column, op);
  if (!known || HasHiddenFraction(column)) {
    return Unsupported(table, column, reason::kColumnTypeUnknown,
                       fmt::format("has type code {} with metadata {}, which has no known format",
                                   static_cast<unsigned>(column.type), column.metadata));
  }
  if (!column.captured) {
    op.code = Opcode::kSkip;
    return op;
  }
  if (!FieldHolds(column.field_type, op)) {
    return Undecodable(table, column, "has values that the type of its field cannot represent");
  }
  if (NeedsCharset(op) && op.charset == nullptr) {
    return Unsupported(
        table, column, reason::kCharsetUnknown,
        fmt::format("has the character set `{}`, which Millrace does not know", column.charset));
  }
  return op;
}

}  // namespace millrace::transcode
