// SPDX-License-Identifier: Apache-2.0

#include "feed/json_form.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_set>

#include "absl/strings/escaping.h"
#include "base/bytes.h"
#include "google/protobuf/util/time_util.h"
#include "transcode/json_text.h"
#include "wire/field.h"

namespace millrace::feed {
namespace {

using schema::FieldType;

constexpr std::string_view kZeroTimestamp = "\"0000-00-00 00:00:00\"";

// Fields of millrace.v1.Geometry and millrace.v1.Vector.
constexpr uint32_t kGeometrySrid = 1;
constexpr uint32_t kGeometryWkb = 2;
constexpr uint32_t kVectorValues = 1;

void AppendBase64(std::string& to, std::string_view bytes) {
  std::string text;
  absl::Base64Escape({bytes.data(), bytes.size()}, &text);
  to.push_back('"');
  to.append(text);
  to.push_back('"');
}

template <typename Number>
void AppendInteger(std::string& to, Number value) {
  char text[24];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// protobuf's JSON writes 64-bit integers as strings, because many parsers store numbers in doubles.
template <typename Number>
void AppendQuotedInteger(std::string& to, Number value) {
  to.push_back('"');
  AppendInteger(to, value);
  to.push_back('"');
}

// Appends `digits`, with the point after the first digit, times 10^exponent.
void AppendPlain(std::string& to, std::string_view digits, int exponent) {
  if (exponent < 0) {
    to.append("0.").append(static_cast<size_t>(-exponent - 1), '0').append(digits);
    return;
  }
  const size_t whole = static_cast<size_t>(exponent) + 1;
  to.append(digits.substr(0, whole));
  if (digits.size() <= whole) {
    to.append(whole - digits.size(), '0');
  } else {
    to.append(".").append(digits.substr(whole));
  }
}

template <typename Float>
void AppendFinite(std::string& to, Float value) {
  // Powers of ten; numbers outside this range get an exponent.
  constexpr int kPlainLeast = -4;
  constexpr int kPlainMost = 15;
  char buffer[64];
  const char* const end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  int exponent = 0;
  const char* const power = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(power, end, exponent);
  if (exponent < kPlainLeast || exponent > kPlainMost) {
    to.append(text);
    return;
  }
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c == '-') to.push_back('-');
    if (c != '-' && c != '.') digits.push_back(c);
  }
  AppendPlain(to, digits, exponent);
}

// JSON has no infinities and no NaN; protobuf writes strings for them. The source stores neither.
template <typename Float>
void AppendFloating(std::string& to, Float value) {
  if (std::isfinite(value)) return AppendFinite(to, value);
  to.append(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

bool AppendTimestamp(std::string& to, std::string_view message) {
  if (message.empty()) {
    to.append(kZeroTimestamp);
    return true;
  }
  const std::optional<wire::Timestamp> parsed = wire::ParseTimestamp(message);
  if (!parsed.has_value()) return false;
  google::protobuf::Timestamp time;
  time.set_seconds(static_cast<int64_t>(parsed->seconds));
  time.set_nanos(static_cast<int32_t>(parsed->nanos));
  transcode::AppendJsonString(to, google::protobuf::util::TimeUtil::ToString(time));
  return true;
}

bool AppendGeometry(std::string& to, std::string_view message) {
  ByteReader reader(message);
  wire::Field field;
  char separator = '{';
  while (wire::NextField(reader, field)) {
    if (field.number != kGeometrySrid && field.number != kGeometryWkb) continue;
    to.push_back(separator);
    separator = ',';
    if (field.number == kGeometrySrid) {
      to.append("\"srid\":");
      AppendInteger(to, field.varint);
    } else {
      to.append("\"wkb\":");
      AppendBase64(to, field.value);
    }
  }
  if (separator == '{') to.push_back('{');
  to.push_back('}');
  return reader.ok();
}

bool AppendVector(std::string& to, std::string_view message) {
  if (message.empty()) {
    to.append("{}");
    return true;
  }
  ByteReader reader(message);
  wire::Field field;
  if (!wire::NextField(reader, field) || field.number != kVectorValues || !reader.empty())
    return false;
  if (field.value.size() % sizeof(float) != 0) return false;
  to.append("{\"values\":[");
  for (size_t i = 0; i < field.value.size(); i += sizeof(float)) {
    if (i > 0) to.push_back(',');
    AppendJsonFloat(to, std::bit_cast<float>(LoadLittle32(field.value.data() + i)));
  }
  to.append("]}");
  return true;
}

// Whether the field's wire type matches the column type.
bool FitsType(const wire::Field& field, FieldType type) {
  switch (type) {
    case FieldType::kInt32:
    case FieldType::kUint32:
    case FieldType::kInt64:
    case FieldType::kUint64:
      return field.type == wire::Buffer::kVarint;
    case FieldType::kDouble:
      return field.type == wire::Buffer::kFixed64;
    case FieldType::kFloat:
      return field.type == wire::Buffer::kFixed32;
    default:
      return field.type == wire::Buffer::kBytes;
  }
}

bool AppendValue(std::string& to, const wire::Field& field, FieldType type) {
  if (!FitsType(field, type)) return false;
  switch (type) {
    case FieldType::kInt32:
      AppendInteger(to, static_cast<int32_t>(field.varint));
      return true;
    case FieldType::kUint32:
      AppendInteger(to, static_cast<uint32_t>(field.varint));
      return true;
    case FieldType::kInt64:
      AppendQuotedInteger(to, static_cast<int64_t>(field.varint));
      return true;
    case FieldType::kUint64:
      AppendQuotedInteger(to, field.varint);
      return true;
    case FieldType::kFloat:
      AppendJsonFloat(to, std::bit_cast<float>(LoadLittle32(field.value.data())));
      return true;
    case FieldType::kDouble:
      AppendJsonDouble(to, std::bit_cast<double>(LoadLittle64(field.value.data())));
      return true;
    case FieldType::kString:
      transcode::AppendJsonString(to, field.value);
      return true;
    case FieldType::kBytes:
      AppendBase64(to, field.value);
      return true;
    case FieldType::kTimestamp:
      return AppendTimestamp(to, field.value);
    case FieldType::kGeometry:
      return AppendGeometry(to, field.value);
    case FieldType::kVector:
      return AppendVector(to, field.value);
  }
  return false;
}

}  // namespace

void AppendJsonFloat(std::string& to, float value) { AppendFloating(to, value); }
void AppendJsonDouble(std::string& to, double value) { AppendFloating(to, value); }

// A row contains only fields of its version's columns. In logs that did not keep earlier versions,
// columns of older rows appear as dropped ones.
JsonForm::JsonForm(const schema::TableVersion& version) {
  std::unordered_set<std::string> names;
  for (const auto* columns : {&version.columns, &version.dropped_columns}) {
    for (const schema::Column& column : *columns) {
      if (column.field_number == 0) continue;
      Member member{.number = column.field_number, .type = column.field_type, .key = {}};
      std::string name = column.name;
      if (names.contains(name)) name = column.field_name;
      while (!names.insert(name).second) name += "_";
      transcode::AppendJsonString(member.key, name);
      member.key.push_back(':');
      members_.push_back(std::move(member));
    }
  }
}

const JsonForm::Member* JsonForm::Find(uint32_t number, size_t expected) const {
  for (size_t i = expected; i < members_.size(); ++i) {
    if (members_[i].number == number) return &members_[i];
  }
  const auto found = std::find_if(members_.begin(), members_.end(), [number](const Member& member) {
    return member.number == number;
  });
  return found == members_.end() ? nullptr : &*found;
}

bool JsonForm::Append(std::string_view row, std::string& to) const {
  to.push_back('{');
  ByteReader reader(row);
  wire::Field field;
  size_t expected = 0;
  for (bool first = true; wire::NextField(reader, field); first = false) {
    const Member* const member = Find(field.number, expected);
    if (member == nullptr) return false;
    expected = static_cast<size_t>(member - members_.data()) + 1;
    if (!first) to.push_back(',');
    to.append(member->key);
    if (!AppendValue(to, field, member->type)) return false;
  }
  to.push_back('}');
  return reader.ok();
}

}  // namespace millrace::feed
