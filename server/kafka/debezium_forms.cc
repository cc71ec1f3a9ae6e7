// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "base/check.h"
#include "kafka/debezium_values.h"

// Chooses the form of a column's values.
namespace millrace::kafka {
namespace {

using schema::Column;
using schema::FieldType;

constexpr std::string_view kConnectDecimal = "org.apache.kafka.connect.data.Decimal";

void Set(ColumnForm& form, ValueForm value, std::string_view connect_type,
         std::string_view semantic_type = "") {
  form.form = value;
  form.connect_type = connect_type;
  form.semantic_type = semantic_type;
}

// Integers, BIT, YEAR. Returns false for other types.
bool SetInteger(const Column& column, const DebeziumOptions& options, ColumnForm& form) {
  switch (column.type) {
    case ColumnType::kTiny:
      Set(form, ValueForm::kInteger, "int16");
      return true;
    case ColumnType::kShort:
      Set(form, ValueForm::kInteger, column.is_unsigned ? "int32" : "int16");
      return true;
    case ColumnType::kInt24:
      Set(form, ValueForm::kInteger, "int32");
      return true;
    case ColumnType::kLong:
      Set(form, ValueForm::kInteger, column.is_unsigned ? "int64" : "int32");
      return true;
    case ColumnType::kLongLong:
      Set(form, ValueForm::kInteger, "int64");
      if (column.is_unsigned &&
          options.bigint_unsigned_handling_mode == BigintUnsignedHandling::kPrecise) {
        Set(form, ValueForm::kUnsignedDecimal, "bytes", kConnectDecimal);
      }
      return true;
    case ColumnType::kYear:
      Set(form, ValueForm::kInteger, "int32", "io.debezium.time.Year");
      return true;
    case ColumnType::kBit:
      form.parameter = column.metadata;
      Set(form, ValueForm::kBits, "bytes", "io.debezium.data.Bits");
      if (column.metadata <= 1) Set(form, ValueForm::kBoolean, "boolean");
      return true;
    default:
      return false;
  }
}

void SetDecimal(const Column& column, const DebeziumOptions& options, ColumnForm& form) {
  form.parameter = column.metadata & 0xffu;
  switch (options.decimal_handling_mode) {
    case DecimalHandling::kPrecise:
      return Set(form, ValueForm::kDecimal, "bytes", kConnectDecimal);
    case DecimalHandling::kString:
      return Set(form, ValueForm::kDecimalText, "string");
    case DecimalHandling::kDouble:
      return Set(form, ValueForm::kDecimalDouble, "double");
  }
}

// FLOAT, DOUBLE, DECIMAL. Returns false for other types.
bool SetFraction(const Column& column, const DebeziumOptions& options, ColumnForm& form) {
  const bool eight_bytes = column.field_type == FieldType::kDouble;
  switch (column.type) {
    case ColumnType::kFloat:
      // Debezium writes FLOAT(M,D) as a double.
      if (column.mysql_type.find('(') != std::string::npos) {
        Set(form, eight_bytes ? ValueForm::kDouble : ValueForm::kFloatAsDouble, "double");
      } else {
        Set(form, eight_bytes ? ValueForm::kDoubleAsFloat : ValueForm::kFloat, "float");
      }
      return true;
    case ColumnType::kDouble:
      Set(form, ValueForm::kDouble, "double");
      return true;
    case ColumnType::kNewDecimal:
      SetDecimal(column, options, form);
      return true;
    default:
      return false;
  }
}

void SetDate(TimePrecision precision, ColumnForm& form) {
  switch (precision) {
    case TimePrecision::kIsostring:
      return Set(form, ValueForm::kIsoDate, "string", "io.debezium.time.IsoDate");
    case TimePrecision::kConnect:
      return Set(form, ValueForm::kDays, "int32", "org.apache.kafka.connect.data.Date");
    default:
      return Set(form, ValueForm::kDays, "int32", "io.debezium.time.Date");
  }
}

void SetTime(TimePrecision precision, ColumnForm& form) {
  switch (precision) {
    case TimePrecision::kIsostring:
      return Set(form, ValueForm::kIsoTime, "string", "io.debezium.time.IsoTime");
    case TimePrecision::kConnect:
      return Set(form, ValueForm::kTimeMillis, "int32", "org.apache.kafka.connect.data.Time");
    case TimePrecision::kNanoseconds:
      return Set(form, ValueForm::kTimeNanos, "int64", "io.debezium.time.NanoTime");
    default:
      return Set(form, ValueForm::kTimeMicros, "int64", "io.debezium.time.MicroTime");
  }
}

void SetDateTime(TimePrecision precision, unsigned digits, ColumnForm& form) {
  switch (precision) {
    case TimePrecision::kIsostring:
      return Set(form, ValueForm::kIsoTimestamp, "string", "io.debezium.time.IsoTimestamp");
    case TimePrecision::kConnect:
      return Set(form, ValueForm::kMillis, "int64", "org.apache.kafka.connect.data.Timestamp");
    case TimePrecision::kNanoseconds:
      return Set(form, ValueForm::kNanos, "int64", "io.debezium.time.NanoTimestamp");
    case TimePrecision::kAdaptiveTimeMicroseconds:
      if (digits <= 3) {
        return Set(form, ValueForm::kMillis, "int64", "io.debezium.time.Timestamp");
      }
      [[fallthrough]];
    case TimePrecision::kMicroseconds:
      return Set(form, ValueForm::kMicros, "int64", "io.debezium.time.MicroTimestamp");
  }
}

// Dates and times. Returns false for other types.
bool SetTemporal(const Column& column, const DebeziumOptions& options, ColumnForm& form) {
  const TimePrecision precision = options.time_precision_mode;
  switch (column.type) {
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      SetDate(precision, form);
      return true;
    case ColumnType::kTimeOld:
    case ColumnType::kTime2:
      SetTime(precision, form);
      return true;
    case ColumnType::kDateTimeOld:
      SetDateTime(precision, 0, form);
      return true;
    case ColumnType::kDateTime2:
      SetDateTime(precision, column.metadata, form);
      return true;
    case ColumnType::kTimestampOld:
    case ColumnType::kTimestamp2:
      form.parameter = column.type == ColumnType::kTimestamp2 ? column.metadata : 0u;
      Set(form, ValueForm::kZonedTimestamp, "string", "io.debezium.time.ZonedTimestamp");
      return true;
    default:
      return false;
  }
}

void SetBytes(BinaryHandling handling, ColumnForm& form) {
  switch (handling) {
    case BinaryHandling::kBytes:
      return Set(form, ValueForm::kBase64, "bytes");
    case BinaryHandling::kBase64:
      return Set(form, ValueForm::kBase64, "string");
    case BinaryHandling::kBase64UrlSafe:
      return Set(form, ValueForm::kBase64UrlSafe, "string");
    case BinaryHandling::kHex:
      return Set(form, ValueForm::kHex, "string");
  }
}

void SetOther(const Column& column, const DebeziumOptions& options, ColumnForm& form) {
  switch (column.type) {
    case ColumnType::kEnum:
      return Set(form, ValueForm::kText, "string", "io.debezium.data.Enum");
    case ColumnType::kSet:
      return Set(form, ValueForm::kText, "string", "io.debezium.data.EnumSet");
    case ColumnType::kJson:
      return Set(form, ValueForm::kJson, "string", "io.debezium.data.Json");
    case ColumnType::kVector:
      return Set(form, ValueForm::kVector, "array", "io.debezium.data.FloatVector");
    case ColumnType::kGeometry:
      if (column.mysql_type == "point") {
        return Set(form, ValueForm::kPoint, "struct", "io.debezium.data.geometry.Point");
      }
      return Set(form, ValueForm::kGeometry, "struct", "io.debezium.data.geometry.Geometry");
    default:
      break;
  }
  if (column.mysql_type == "uuid") {
    return Set(form, ValueForm::kText, "string", "io.debezium.data.Uuid");
  }
  if (column.field_type == FieldType::kBytes) return SetBytes(options.binary_handling_mode, form);
  Set(form, ValueForm::kText, "string");
}

}  // namespace

ColumnForm FormOf(const schema::Column& column, const DebeziumOptions& options) {
  ColumnForm form;
  form.nullable = column.nullable;
  form.charset = column.charset;
  const bool known = SetInteger(column, options, form) || SetFraction(column, options, form) ||
                     SetTemporal(column, options, form);
  if (!known) SetOther(column, options, form);
  return form;
}

}  // namespace millrace::kafka
