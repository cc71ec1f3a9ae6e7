// SPDX-License-Identifier: Apache-2.0

#include "millrace/row_text.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "millrace/v1/options.pb.h"

namespace millrace::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string TimeText(int64_t seconds, int32_t nanos) {
  const absl::Time time = absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos);
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::string HexText(const std::string& bytes) {
  std::string text = "0x";
  text.reserve(2 + bytes.size() * 2);
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

// Returns an integer field of a value that is a message, such as the SRID of a Geometry. 0 if the
// type lacks the field; the type of a newer server may.
int64_t NumberIn(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated()) return 0;
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, field);
    default:
      return 0;
  }
}

// MySQL's zero date is the empty message: no TIMESTAMP can be second 0 of the epoch.
std::string TimestampText(const Message& time) {
  const int64_t seconds = NumberIn(time, "seconds");
  const auto nanos = static_cast<int32_t>(NumberIn(time, "nanos"));
  return seconds == 0 && nanos == 0 ? "0000-00-00 00:00:00" : TimeText(seconds, nanos);
}

std::string GeometryText(const Message& geometry) {
  const FieldDescriptor* wkb = geometry.GetDescriptor()->FindFieldByName("wkb");
  if (wkb == nullptr || wkb->type() != FieldDescriptor::TYPE_BYTES || wkb->is_repeated()) return "";
  return fmt::format("SRID={};{}", NumberIn(geometry, "srid"),
                     HexText(geometry.GetReflection()->GetString(geometry, wkb)));
}

std::string VectorText(const Message& vector) {
  const FieldDescriptor* values = vector.GetDescriptor()->FindFieldByName("values");
  if (values == nullptr || values->type() != FieldDescriptor::TYPE_FLOAT) return "";
  if (!values->is_repeated()) return "";
  std::string text = "[";
  const Reflection* reflection = vector.GetReflection();
  for (int i = 0; i < reflection->FieldSize(vector, values); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? "" : ", ",
                   reflection->GetRepeatedFloat(vector, values, i));
  }
  return text + "]";
}

std::string MessageText(const Message& message) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == "google.protobuf.Timestamp") return TimestampText(message);
  if (type == "millrace.v1.Geometry") return GeometryText(message);
  if (type == "millrace.v1.Vector") return VectorText(message);
  return message.ShortDebugString();
}

std::string FieldText(const Message& row, const FieldDescriptor* field) {
  const Reflection* reflection = row.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return fmt::to_string(reflection->GetInt32(row, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return fmt::to_string(reflection->GetUInt32(row, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return fmt::to_string(reflection->GetInt64(row, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return fmt::to_string(reflection->GetUInt64(row, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return fmt::format("{}", reflection->GetFloat(row, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::format("{}", reflection->GetDouble(row, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(row, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->GetEnum(row, field)->name();
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = reflection->GetString(row, field);
      return field->type() == FieldDescriptor::TYPE_BYTES ? HexText(text) : text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageText(reflection->GetMessage(row, field));
  }
  return "";
}

// The column of a field, with the value NULL. Named like the field if that has no ColumnOptions, as
// in messages that are not rows.
ColumnText NamedColumn(const FieldDescriptor* field) {
  const v1::ColumnOptions& options = field->options().GetExtension(v1::column);
  ColumnText column;
  column.column = options.column().empty() ? field->name() : options.column();
  column.field_number = static_cast<uint32_t>(field->number());
  column.key_ordinal = options.key_ordinal();
  column.text = "NULL";
  return column;
}

// The columns of a row: current ones of the table, and dropped ones.
struct Columns {
  std::vector<ColumnText> present;
  std::vector<ColumnText> dropped;

  void Set(uint32_t field_number, ValueState state, const std::string& text) {
    for (auto* part : {&present, &dropped}) {
      for (ColumnText& column : *part) {
        if (column.field_number != field_number) continue;
        column.state = state;
        column.text = text;
      }
    }
  }

  std::vector<ColumnText> Join() && {
    // Omit dropped columns that are NULL, as they are in all rows since the drop.
    std::copy_if(dropped.begin(), dropped.end(), std::back_inserter(present),
                 [](const ColumnText& column) { return column.state != ValueState::kNull; });
    return std::move(present);
  }
};

Columns ReadColumns(const Message& row) {
  Columns columns;
  const Descriptor* descriptor = row.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    ColumnText column = NamedColumn(field);
    if (!field->is_repeated() && row.GetReflection()->HasField(row, field)) {
      column.state = ValueState::kValue;
      column.text = FieldText(row, field);
    }
    const bool dropped = field->options().deprecated();
    (dropped ? columns.dropped : columns.present).push_back(std::move(column));
  }
  return columns;
}

}  // namespace

std::vector<ColumnText> RowText(const Message& row) { return ReadColumns(row).Join(); }

std::vector<ColumnText> RowText(const Message& row, const v1::Change& change, RowSide side) {
  Columns columns = ReadColumns(row);
  const bool before = side == RowSide::kBefore;
  const auto& unknown = before ? change.before_unknown_fields() : change.after_unknown_fields();
  for (const uint32_t number : unknown) columns.Set(number, ValueState::kUnknown, "?");
  for (const v1::InvalidText& invalid : change.invalid_text()) {
    if (invalid.in_before() != before) continue;
    columns.Set(invalid.field_number(), ValueState::kInvalidText, HexText(invalid.value()));
  }
  return std::move(columns).Join();
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return TimeText(time.seconds(), time.nanos());
}

}  // namespace millrace::client
