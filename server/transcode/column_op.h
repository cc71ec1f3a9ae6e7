// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/charset.h"
#include "schema/table_version.h"

namespace millrace::transcode {

// What is to be done with a column's value.
enum class Opcode : uint8_t {
  kSkip,
  kInt8,
  kInt16,
  kInt24,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint24,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kFloatAsDouble,
  kYear,
  kBit,
  kDecimal,
  kDate,
  kTime,
  kDateTime,
  kTimestamp,
  kTimeOld,
  kDateTimeOld,
  kTimestampOld,
  kEnum,
  kSet,
  kUtf8,       // checked and copied
  kConverted,  // from another charset
  kBytes,
  kPaddedBytes,  // BINARY: trailing zero bytes are not stored
  kCompressed,
  kUuid,
  kInet6,
  kInet4,
  kJson,
  kGeometry,
  kVector,
};

// One column of a row image, ready to be carried out.
struct ColumnOp {
  Opcode code = Opcode::kSkip;
  // Opcode for the content of kCompressed.
  Opcode content = Opcode::kSkip;
  // A length of `width` bytes stands before the value; otherwise the value is of `width` bytes.
  bool has_length = false;
  uint8_t width = 0;
  uint8_t tag_size = 0;
  bool is_json = false;  // whatever the opcode: counts for the bits of partial updates
  // Some values have the text of others: those of kConverted with an alias of `charset`, those of
  // kEnum with digits, those of kSet with an ambiguous bit.
  bool ambiguous = false;
  // Type parameter: digits of the fraction, bits, bytes to pad to.
  uint16_t parameter = 0;
  // Bytes that the field of a value of fixed size takes at most, tag included.
  uint32_t room = 0;
  uint32_t column = 0;
  char tag[8] = {};  // stored whole, then advanced by tag_size
  const Charset* charset = nullptr;
  // kEnum: the whole field for each index, 0 included; empty where the label is no text. kSet:
  // labels.
  std::vector<std::string> labels;
  // As Column::label_bytes, which most columns have not. kSet: the members that are no text, and a
  // comma, in the column's charset.
  std::vector<std::string> label_bytes;
  uint64_t invalid_members = 0;
  std::string comma;
  // kEnum, if `ambiguous`: the digits of each index that has the text of another, else empty.
  std::vector<std::string> ambiguous_digits;
  uint64_t ambiguous_bits = 0;  // kSet
};

// The op for `table.columns[index]`. kDataLoss ROW_UNDECODABLE: the field's type cannot hold the
// column's. kUnimplemented COLUMN_TYPE_UNKNOWN: no row can be read of it; CHARSET_UNKNOWN.
absl::StatusOr<ColumnOp> CompileColumn(const schema::TableVersion& table, size_t index);

}  // namespace millrace::transcode
