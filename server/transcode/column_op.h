// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/charset.h"
#include "schema/table_version.h"

namespace millrace::transcode {

// How to encode a column's value.
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

// The compiled encoding of one column of a row image.
struct ColumnOp {
  Opcode code = Opcode::kSkip;
  // kCompressed: the opcode for the decompressed content.
  Opcode content = Opcode::kSkip;
  // True: a length of `width` bytes precedes the value. False: the value has `width` bytes.
  bool has_length = false;
  uint8_t width = 0;
  uint8_t tag_size = 0;
  bool is_json = false;  // the column has a bit in partial updates, even if it is skipped
  // Some values may have the same text as others: aliases of `charset` (kConverted), equal labels
  // (kEnum, kSet).
  bool ambiguous = false;
  // Depends on the opcode: digits of the fraction, number of bits, bytes to pad to, metadata of a
  // DECIMAL, or maximum bytes of the stored value (kUuid, kInet6, kInet4).
  uint16_t parameter = 0;
  // Maximum bytes of the field, including its tag, if the value has a fixed size.
  uint32_t field_bytes_max = 0;
  uint32_t column = 0;
  char tag[8] = {};  // all eight bytes are copied, of which tag_size count
  const Charset* charset = nullptr;
  // kEnum: the encoded field for each index from 0 on; empty if the label is not text. kSet: the
  // labels.
  std::vector<std::string> labels;
  std::vector<std::string> label_bytes;  // as Column::label_bytes, mostly empty
  uint64_t invalid_members = 0;          // kSet: the members that are not text
  std::string comma;                     // kSet: a comma in the column's charset
  // kEnum, if `ambiguous`: each index in decimal digits if it is ambiguous, otherwise empty.
  std::vector<std::string> ambiguous_digits;
  uint64_t ambiguous_bits = 0;  // kSet: the ambiguous members
};

// The op for `table.columns[index]`. kDataLoss ROW_UNDECODABLE: the field's type cannot represent
// the column's values. kUnimplemented COLUMN_TYPE_UNKNOWN: values of the type cannot be read.
// kUnimplemented CHARSET_UNKNOWN.
absl::StatusOr<ColumnOp> CompileColumn(const schema::TableVersion& table, size_t index);

}  // namespace millrace::transcode
