// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_values.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "kafka/debezium_decimal.h"
#include "kafka/debezium_json.h"
#include "kafka/debezium_temporal.h"
#include "model/charset.h"

namespace millrace::kafka {
namespace {

constexpr int64_t kMicrosOfDay = int64_t{86'400} * 1'000'000;
constexpr ValueOutcome kDone{};

constexpr ValueOutcome Damaged(std::string_view what) { return {.problem = what, .damaged = true}; }
constexpr ValueOutcome NotEncodable(std::string_view what) { return {.problem = what}; }

int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

void Quoted(std::string& to, auto append) {
  to.push_back('"');
  append();
  to.push_back('"');
}

// Debezium writes an invalid date as NULL, or as the epoch in a NOT NULL column.
ValueOutcome AppendInvalidDate(const ColumnForm& form, std::string_view epoch, std::string& to) {
  to.append(form.nullable ? "null" : epoch);
  return kDone;
}

ValueOutcome AppendBits(uint64_t bits, uint32_t count, std::string& to) {
  char bytes[8];
  for (unsigned i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<char>(bits >> i * 8);
  const size_t size = std::min<size_t>((count + 7) / 8, sizeof bytes);
  Quoted(to, [&] { AppendBase64(to, {bytes, size}); });
  return kDone;
}

ValueOutcome AppendDecimalDouble(std::string_view text, std::string& to) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return Damaged("not a DECIMAL");
  }
  AppendDouble(to, value);
  return kDone;
}

ValueOutcome AppendDate(const ColumnForm& form, std::string_view text, std::string& to) {
  LocalTime time;
  const DateResult reading = ParseDateTime(text, time);
  if (reading == DateResult::kMalformed) return Damaged("not a date");
  const bool iso = form.form == ValueForm::kIsoDate;
  if (reading == DateResult::kInvalidDate) {
    return AppendInvalidDate(form, iso ? "\"1970-01-01Z\"" : "0", to);
  }
  if (!iso) {
    AppendSigned(to, time.days);
    return kDone;
  }
  Quoted(to, [&] {
    AppendIsoDate(to, time.days);
    to.push_back('Z');
  });
  return kDone;
}

ValueOutcome AppendDateTime(const ColumnForm& form, std::string_view text, std::string& to) {
  LocalTime time;
  const DateResult reading = ParseDateTime(text, time);
  if (reading == DateResult::kMalformed) return Damaged("not a date and time");
  const bool iso = form.form == ValueForm::kIsoTimestamp;
  if (reading == DateResult::kInvalidDate) {
    return AppendInvalidDate(form, iso ? "\"1970-01-01T00:00:00Z\"" : "0", to);
  }
  const int64_t micros = time.days * kMicrosOfDay + time.micros_of_day;
  switch (form.form) {
    case ValueForm::kMillis:
      AppendSigned(to, FloorDivide(micros, 1000));
      return kDone;
    case ValueForm::kMicros:
      AppendSigned(to, micros);
      return kDone;
    case ValueForm::kNanos:
      if (micros > std::numeric_limits<int64_t>::max() / 1000 ||
          micros < std::numeric_limits<int64_t>::min() / 1000) {
        return NotEncodable(
            "64-bit nanoseconds only cover the years 1678 to 2261; set time_precision_mode to "
            "microseconds");
      }
      AppendSigned(to, micros * 1000);
      return kDone;
    default:
      Quoted(to, [&] {
        AppendIsoDate(to, time.days);
        to.push_back('T');
        AppendIsoTime(to, time.micros_of_day);
        to.push_back('Z');
      });
      return kDone;
  }
}

ValueOutcome AppendTime(const ColumnForm& form, std::string_view text, std::string& to) {
  const std::optional<int64_t> micros = ParseTime(text);
  if (!micros.has_value()) return Damaged("not a time");
  if (form.form == ValueForm::kTimeMicros) {
    AppendSigned(to, *micros);
    return kDone;
  }
  if (form.form == ValueForm::kTimeNanos) {
    AppendSigned(to, *micros * 1000);
    return kDone;
  }
  // In milliseconds, Debezium also allows 24:00:00.
  const int64_t last = form.form == ValueForm::kTimeMillis ? kMicrosOfDay : kMicrosOfDay - 1;
  if (*micros < 0 || *micros > last) {
    return NotEncodable(
        "it is not a time of day, as this time_precision_mode requires; set time_precision_mode to "
        "adaptive_time_microseconds");
  }
  if (form.form == ValueForm::kTimeMillis) {
    AppendSigned(to, *micros / 1000);
    return kDone;
  }
  Quoted(to, [&] {
    AppendIsoTime(to, *micros);
    to.push_back('Z');
  });
  return kDone;
}

// google.protobuf.Timestamp{seconds = 1, nanos = 2}
ValueOutcome AppendZonedTimestamp(const ColumnForm& form, std::string_view message,
                                  std::string& to) {
  if (message.empty()) return AppendInvalidDate(form, "\"1970-01-01T00:00:00Z\"", to);
  uint64_t parts[3] = {};
  ByteReader reader(message);
  while (!reader.empty()) {
    const uint64_t tag = reader.Varint();
    if (tag != 1 << 3 && tag != 2 << 3) return Damaged("not a Timestamp");
    parts[tag >> 3] = reader.Varint();
  }
  constexpr uint64_t kSecondsMax = uint64_t{1} << 33;
  if (!reader.ok() || parts[1] > kSecondsMax || parts[2] >= 1'000'000'000) {
    return Damaged("not a Timestamp");
  }
  const auto seconds = static_cast<int64_t>(parts[1]);
  const auto micros = static_cast<int64_t>(parts[2] / 1000);
  Quoted(to, [&] {
    AppendIsoDate(to, seconds / 86'400);
    to.push_back('T');
    AppendIsoTime(to, seconds % 86'400 * 1'000'000 + micros, std::min(form.parameter, 6u));
    to.push_back('Z');
  });
  return kDone;
}

// A point in well-known binary form: byte order, type, X, Y.
bool ReadPoint(std::string_view wkb, double& x, double& y) {
  ByteReader reader(wkb);
  const bool little = reader.Little8() == 1;
  if (!little || reader.Little32() != 1) return false;
  x = std::bit_cast<double>(reader.Little64());
  y = std::bit_cast<double>(reader.Little64());
  return reader.ok() && reader.empty();
}

// millrace.v1.Geometry{srid = 1, wkb = 2}
ValueOutcome AppendGeometry(const ColumnForm& form, std::string_view message, std::string& to) {
  uint64_t srid = 0;
  std::string_view wkb;
  ByteReader reader(message);
  while (!reader.empty()) {
    const uint64_t tag = reader.Varint();
    if (tag == 1 << 3) {
      srid = reader.Varint();
    } else if (tag == (2 << 3 | 2)) {
      wkb = reader.Sized();
    } else {
      return Damaged("not a Geometry");
    }
  }
  if (!reader.ok()) return Damaged("not a Geometry");
  to.push_back('{');
  if (form.form == ValueForm::kPoint) {
    double x = 0;
    double y = 0;
    if (!ReadPoint(wkb, x, y))
      return NotEncodable("the POINT has no coordinates, which this format cannot represent");
    to.append("\"x\":");
    AppendDouble(to, x);
    to.append(",\"y\":");
    AppendDouble(to, y);
    to.push_back(',');
  }
  to.append("\"wkb\":\"");
  AppendBase64(to, wkb);
  to.append("\",\"srid\":");
  // Debezium's SRID is a signed 32-bit number.
  if (srid == 0) {
    to.append("null}");
  } else {
    AppendSigned(to, static_cast<int32_t>(srid));
    to.push_back('}');
  }
  return kDone;
}

// millrace.v1.Vector{repeated float values = 1}
ValueOutcome AppendVector(std::string_view message, std::string& to) {
  std::string_view floats;
  if (!message.empty()) {
    ByteReader reader(message);
    const bool is_values = reader.Varint() == (1 << 3 | 2);
    floats = reader.Sized();
    if (!is_values || !reader.ok() || !reader.empty() || floats.size() % 4 != 0) {
      return Damaged("not a Vector");
    }
  }
  to.push_back('[');
  for (size_t i = 0; i < floats.size(); i += 4) {
    if (i > 0) to.push_back(',');
    AppendFloat(to, std::bit_cast<float>(LoadLittle32(floats.data() + i)));
  }
  to.push_back(']');
  return kDone;
}

// Size of a code unit, the smallest part of a character.
size_t CodeUnitBytes(std::string_view charset) {
  if (charset == "ucs2" || charset == "utf16" || charset == "utf16le") return 2;
  return charset == "utf32" ? 4 : 1;
}

// Appends the valid characters of `bytes`, and U+FFFD for each invalid code unit.
void AppendInvalidText(std::string_view charset_name, std::string_view bytes, std::string& to) {
  constexpr size_t kCharacterBytesMax = 4;
  const Charset* const charset = FindCharset(charset_name);
  const size_t unit = CodeUnitBytes(charset_name);
  std::string character;
  while (!bytes.empty()) {
    size_t taken = 0;
    character.clear();
    for (size_t size = unit; size <= std::min(kCharacterBytesMax, bytes.size()); size += unit) {
      const std::string_view part = bytes.substr(0, size);
      // AppendUtf8 copies charsets that are UTF-8 without validating them.
      const bool is_text =
          charset != nullptr && charset->AppendUtf8(part, character) && IsValidUtf8(character);
      if (is_text) {
        taken = size;
        break;
      }
      character.clear();
    }
    if (taken == 0) {
      character = "\xef\xbf\xbd";
      taken = std::min(unit, bytes.size());
    }
    AppendEscaped(to, character);
    bytes.remove_prefix(taken);
  }
}

ValueOutcome AppendText(const ColumnForm& form, std::string_view text, std::string& to) {
  if (form.form == ValueForm::kJson) {
    AppendJsonDocument(to, text);
  } else {
    AppendJsonString(to, text);
  }
  return kDone;
}

ValueOutcome AppendNumber(const ColumnForm& form, uint64_t number, std::string& to) {
  switch (form.form) {
    case ValueForm::kInteger:
      AppendSigned(to, static_cast<int64_t>(number));
      break;
    case ValueForm::kBoolean:
      to.append(number == 0 ? "false" : "true");
      break;
    case ValueForm::kBits:
      return AppendBits(number, form.parameter, to);
    case ValueForm::kFloat:
      AppendFloat(to, std::bit_cast<float>(static_cast<uint32_t>(number)));
      break;
    case ValueForm::kFloatAsDouble:
      AppendDouble(to, double{std::bit_cast<float>(static_cast<uint32_t>(number))});
      break;
    case ValueForm::kDoubleAsFloat:
      AppendFloat(to, static_cast<float>(std::bit_cast<double>(number)));
      break;
    case ValueForm::kUnsignedDecimal:
      Quoted(to, [&] { AppendUnsignedDecimal(to, number); });
      break;
    default:
      AppendDouble(to, std::bit_cast<double>(number));
  }
  return kDone;
}

ValueOutcome AppendBytes(const ColumnForm& form, std::string_view bytes, std::string& to) {
  Quoted(to, [&] {
    if (form.form == ValueForm::kHex) return AppendHex(to, bytes);
    const bool url_safe = form.form == ValueForm::kBase64UrlSafe;
    AppendBase64(to, bytes, url_safe ? Base64::kUrlSafe : Base64::kPlain);
  });
  return kDone;
}

ValueOutcome AppendPresent(const ColumnForm& form, const FieldValue& value, std::string& to) {
  switch (form.form) {
    case ValueForm::kText:
    case ValueForm::kJson:
      return AppendText(form, value.bytes, to);
    case ValueForm::kDecimal: {
      bool written = false;
      Quoted(to, [&] { written = AppendDecimal(to, value.bytes, form.parameter); });
      return written ? kDone : Damaged("not a DECIMAL of its scale");
    }
    case ValueForm::kDecimalText:
      return AppendText(form, value.bytes, to);
    case ValueForm::kDecimalDouble:
      return AppendDecimalDouble(value.bytes, to);
    case ValueForm::kBase64:
    case ValueForm::kBase64UrlSafe:
    case ValueForm::kHex:
      return AppendBytes(form, value.bytes, to);
    case ValueForm::kDays:
    case ValueForm::kIsoDate:
      return AppendDate(form, value.bytes, to);
    case ValueForm::kTimeMillis:
    case ValueForm::kTimeMicros:
    case ValueForm::kTimeNanos:
    case ValueForm::kIsoTime:
      return AppendTime(form, value.bytes, to);
    case ValueForm::kMillis:
    case ValueForm::kMicros:
    case ValueForm::kNanos:
    case ValueForm::kIsoTimestamp:
      return AppendDateTime(form, value.bytes, to);
    case ValueForm::kZonedTimestamp:
      return AppendZonedTimestamp(form, value.bytes, to);
    case ValueForm::kGeometry:
    case ValueForm::kPoint:
      return AppendGeometry(form, value.bytes, to);
    case ValueForm::kVector:
      return AppendVector(value.bytes, to);
    default:
      return AppendNumber(form, value.number, to);
  }
}

}  // namespace

ValueOutcome AppendValue(const ColumnForm& form, const FieldValue& value, std::string& to) {
  switch (value.state) {
    case FieldValue::State::kPresent:
      return AppendPresent(form, value, to);
    case FieldValue::State::kInvalid:
      if (form.form != ValueForm::kText)
        return Damaged("invalid text in a column that is not text");
      Quoted(to, [&] { AppendInvalidText(form.charset, value.bytes, to); });
      return kDone;
    default:
      to.append("null");
      return kDone;
  }
}

}  // namespace millrace::kafka
