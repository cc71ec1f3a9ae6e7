// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/kafka_options.h"
#include "kafka/row_fields.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// How a column's values are written.
enum class ValueForm : uint8_t {
  kInteger,
  kBoolean,          // BIT(1)
  kBits,             // little-endian bytes in base64
  kFloat,            // of 4 bytes
  kDouble,           // of 8 bytes
  kFloatAsDouble,    // FLOAT(M,D): 4 bytes, printed as the double that they are
  kDoubleAsFloat,    // FLOAT in a field of 8 bytes
  kUnsignedDecimal,  // BIGINT UNSIGNED as a Decimal of scale 0
  kDecimal,          // two's complement, big-endian, in base64
  kDecimalText,
  kDecimalDouble,
  kText,
  kJson,
  kBase64,
  kBase64UrlSafe,
  kHex,
  kDays,
  kIsoDate,
  kTimeMillis,
  kTimeMicros,
  kTimeNanos,
  kIsoTime,
  kMillis,
  kMicros,
  kNanos,
  kIsoTimestamp,
  kZonedTimestamp,
  kGeometry,
  kPoint,
  kVector,
};

// A column in Debezium's terms.
struct ColumnForm {
  ValueForm form = ValueForm::kText;
  bool nullable = true;
  // Bits of BIT, scale of a DECIMAL, digits of a TIMESTAMP's fraction.
  uint32_t parameter = 0;
  // Charset of text, to make something of text that is none.
  std::string charset;
  // Of the schema: Kafka Connect's type; name of the semantic type, empty without one.
  std::string_view connect_type;
  std::string_view semantic_type;
};

ColumnForm FormOf(const schema::Column& column, const DebeziumOptions& options);

// Why a value was not written: its bytes are none of the column, or it has no form under the
// options; `problem` says what and what to do. Empty: it was written.
struct ValueOutcome {
  std::string_view problem;
  bool damaged = false;

  bool ok() const { return problem.empty(); }
};

// Appends the JSON of a value that is NULL, there, or invalid text, which comes with U+FFFD for
// what is no character. Text is written as the row has it.
ValueOutcome AppendValue(const ColumnForm& form, const FieldValue& value, std::string& to);

}  // namespace millrace::kafka
