// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace millrace::feed {

// A field of a protobuf message on the wire.
struct WireField {
  uint32_t number = 0;
  uint64_t varint = 0;      // of a varint; else 0
  std::string_view value;   // of bytes; of other types what stands behind the tag
  std::string_view tagged;  // with its tag
};

// Takes the next field; false at the end, and if the bytes are no message: then `reader` is not ok.
inline bool NextField(ByteReader& reader, WireField& field) {
  constexpr unsigned kTypeBits = 3;
  if (reader.empty() || !reader.ok()) return false;
  const std::string_view rest = reader.rest();
  const size_t begin = reader.offset();
  const uint64_t tag = reader.Varint();
  const size_t value_begin = reader.offset();
  const unsigned type = tag & ((1u << kTypeBits) - 1);
  field.number = static_cast<uint32_t>(tag >> kTypeBits);
  field.varint = 0;
  switch (type) {
    case 0:
      field.varint = reader.Varint();
      break;
    case 1:
      reader.Skip(8);
      break;
    case 2:
      field.value = reader.Sized();
      break;
    case 5:
      reader.Skip(4);
      break;
    default:
      reader.Fail();
  }
  if (!reader.ok()) return false;
  field.tagged = rest.substr(0, reader.offset() - begin);
  if (type != 2) field.value = rest.substr(value_begin - begin, reader.offset() - value_begin);
  return true;
}

// A google.protobuf.Timestamp on the wire.
struct WireTimestamp {
  uint64_t seconds = 0;  // since 1970; before the year 10000
  uint64_t nanos = 0;    // below a second
};

// Nothing: the bytes are no Timestamp, or one before 1970.
inline std::optional<WireTimestamp> ParseTimestamp(std::string_view message) {
  constexpr uint32_t kSeconds = 1;
  constexpr uint32_t kNanos = 2;
  constexpr uint64_t kSecondsMax = 253'402'300'799;
  constexpr uint64_t kNanosMax = 999'999'999;
  WireTimestamp time;
  ByteReader reader(message);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == kSeconds) time.seconds = field.varint;
    if (field.number == kNanos) time.nanos = field.varint;
  }
  if (!reader.ok() || time.seconds > kSecondsMax || time.nanos > kNanosMax) return std::nullopt;
  return time;
}

}  // namespace millrace::feed
