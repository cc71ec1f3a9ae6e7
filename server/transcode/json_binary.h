// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::transcode {

// Deepest nesting that MySQL stores.
inline constexpr unsigned kJsonDepthMax = 100;

// A value in MySQL's binary JSON: its type code, and the bytes from its start to the end of the
// enclosing container. A view: the bytes must outlive it. Not validated.
// Format: sql-common/json_binary.h of the server.
struct JsonValue {
  enum Type : uint8_t {
    kSmallObject = 0,
    kLargeObject = 1,
    kSmallArray = 2,
    kLargeArray = 3,
    kLiteral = 4,
    kInt16 = 5,
    kUint16 = 6,
    kInt32 = 7,
    kUint32 = 8,
    kInt64 = 9,
    kUint64 = 10,
    kDouble = 11,
    kString = 12,
    kOpaque = 15,
  };

  uint8_t type = kLiteral;
  std::string_view bytes;

  bool is_object() const { return type <= kLargeObject; }
  bool is_container() const { return type <= kLargeArray; }
};

// The document in a value of a JSON column. An empty value, which old servers wrote, is the literal
// null.
JsonValue JsonDocumentOf(std::string_view column_value);

// Reads the entries of an object or array.
class JsonContainer {
 public:
  // False: the value is too short for its header. Requires value.is_container().
  bool Open(const JsonValue& value);

  uint32_t size() const { return size_; }
  bool is_object() const { return is_object_; }
  // False: the entry points outside the container. Require index < size().
  bool Key(uint32_t index, std::string_view& key) const;  // only for an object
  bool Value(uint32_t index, JsonValue& value) const;

 private:
  uint64_t Offset(size_t at) const;
  size_t offset_bytes() const { return is_large_ ? 4 : 2; }
  size_t key_entry_bytes() const { return offset_bytes() + 2; }
  size_t value_entry_bytes() const { return offset_bytes() + 1; }
  bool IsInlined(uint8_t type) const;

  std::string_view bytes_;
  uint32_t size_ = 0;
  bool is_object_ = false;
  bool is_large_ = false;
  size_t values_at_ = 0;
};

// Appends the text that SELECT prints for `value`, which is nested in `depth` containers. False if
// the value is malformed, the nesting exceeds kJsonDepthMax, or `to` exceeds `size_max`; `to` then
// has a part of the text.
bool AppendJson(const JsonValue& value, unsigned depth, size_t size_max, std::string& to);

// `size_max` for AppendJson of a document of `bytes`: no well-formed document has a longer text.
constexpr size_t JsonTextMax(size_t bytes) { return 64 + bytes * 16; }

}  // namespace millrace::transcode
