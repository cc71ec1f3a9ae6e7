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
  kFloatAsDouble,    // FLOAT(M,D): 4 bytes, printed as a double
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

// How Debezium writes a column.
struct ColumnForm {
  ValueForm form = ValueForm::kText;
  bool nullable = true;
  // Bits of BIT, scale of DECIMAL, fraction digits of TIMESTAMP.
  uint32_t parameter = 0;
  // Character set, for text that is not valid in it.
  std::string charset;
  // For the schema: Kafka Connect's type; name of the semantic type, or empty.
  std::string_view connect_type;
  std::string_view semantic_type;
};

ColumnForm FormOf(const schema::Column& column, const DebeziumOptions& options);

// Why a value was not written: `damaged` if its bytes are not a valid value of the column, else the
// options do not allow it. `problem` says what is wrong and what to do; empty: it was written.
struct ValueOutcome {
  std::string_view problem;
  bool damaged = false;

  bool ok() const { return problem.empty(); }
};

// Appends the JSON of a value, which must not be kUnknown. Copies valid text unchanged; in invalid
// text, U+FFFD replaces the invalid bytes.
ValueOutcome AppendValue(const ColumnForm& form, const FieldValue& value, std::string& to);

}  // namespace millrace::kafka
