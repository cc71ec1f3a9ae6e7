// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "wire/buffer.h"
#include "wire/layout.h"

namespace millrace::wire {

// A field of a serialized protobuf message. All views point into the message.
struct Field {
  uint32_t number = 0;
  uint8_t type = 0;         // wire type
  uint64_t varint = 0;      // value of a varint; 0 for other types
  std::string_view value;   // the content of a bytes field; for other types the bytes after the tag
  std::string_view tagged;  // the whole field with its tag
};

// Reads the next field. Returns false at the end, and if the bytes are not a valid message: then
// `reader` is not ok.
inline bool NextField(ByteReader& reader, Field& field) {
  constexpr unsigned kTypeBits = 3;
  if (reader.empty() || !reader.ok()) return false;
  const std::string_view rest = reader.rest();
  const uint64_t tag = reader.Varint();
  const size_t tag_bytes = rest.size() - reader.remaining();
  field.number = static_cast<uint32_t>(tag >> kTypeBits);
  field.type = static_cast<uint8_t>(tag & ((1u << kTypeBits) - 1));
  field.varint = 0;
  switch (field.type) {
    case Buffer::kVarint:
      field.varint = reader.Varint();
      break;
    case Buffer::kFixed64:
      reader.Skip(8);
      break;
    case Buffer::kBytes:
      field.value = reader.Sized();
      break;
    case Buffer::kFixed32:
      reader.Skip(4);
      break;
    default:
      reader.Fail();
  }
  if (tag > UINT32_MAX) reader.Fail();
  if (!reader.ok()) return false;
  field.tagged = rest.substr(0, rest.size() - reader.remaining());
  if (field.type != Buffer::kBytes) field.value = field.tagged.substr(tag_bytes);
  return true;
}

// The same, but checks each field against its wire type in `types`: a different type fails
// `reader`. Fields beyond `types` may have any type.
template <size_t kCount>
bool NextField(ByteReader& reader, const layout::Types<kCount>& types, Field& field) {
  if (!NextField(reader, field)) return false;
  if (field.number >= kCount || types[field.number] == field.type) [[likely]]
    return true;
  reader.Fail();
  return false;
}

// A google.protobuf.Timestamp.
struct Timestamp {
  uint64_t seconds = 0;  // since 1970; before the year 10000
  uint64_t nanos = 0;    // fraction of the second
};

// Returns nothing if the bytes are not a valid Timestamp, or the time is before 1970.
inline std::optional<Timestamp> ParseTimestamp(std::string_view message) {
  constexpr uint64_t kSecondsMax = 253'402'300'799;
  constexpr uint64_t kNanosMax = 999'999'999;
  Timestamp time;
  ByteReader reader(message);
  Field field;
  while (NextField(reader, field)) {
    if (field.number == layout::Timestamp::kSeconds) time.seconds = field.varint;
    if (field.number == layout::Timestamp::kNanos) time.nanos = field.varint;
  }
  if (!reader.ok() || time.seconds > kSecondsMax || time.nanos > kNanosMax) return std::nullopt;
  return time;
}

}  // namespace millrace::wire
