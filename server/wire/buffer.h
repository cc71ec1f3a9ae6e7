// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/scratch.h"

namespace millrace::wire {

// A buffer in which protobuf messages are built. Grows like a vector. Clear keeps up to
// kScratchBytesKept of its capacity, so that a steady stream allocates nothing. Encoding:
// https://protobuf.dev/programming-guides/encoding/
class Buffer {
 public:
  static constexpr uint32_t kVarint = 0;
  static constexpr uint32_t kFixed64 = 1;
  static constexpr uint32_t kBytes = 2;
  static constexpr uint32_t kFixed32 = 5;
  static constexpr uint32_t Tag(uint32_t field, uint32_t wire_type) {
    return field << 3 | wire_type;
  }

  size_t size() const { return size_; }
  const char* data() const { return bytes_.data(); }
  std::string_view view() const { return {bytes_.data(), size_}; }
  void Clear() {
    size_ = 0;
    ReleaseScratch(bytes_);
  }
  void Truncate(size_t size) { size_ = size; }

  // Returns space for at least `count` more bytes. Write there, then call Advance with the end of
  // the written bytes.
  char* Reserve(size_t count) {
    if (bytes_.size() - size_ < count) [[unlikely]]
      Grow(count);
    return bytes_.data() + size_;
  }
  void Advance(const char* end) { size_ = static_cast<size_t>(end - bytes_.data()); }

  void PutVarint(uint64_t value) { Advance(WriteVarint(Reserve(kVarintBytesMax), value)); }
  void PutTag(uint32_t field, uint32_t wire_type) { PutVarint(Tag(field, wire_type)); }
  void PutVarintField(uint32_t field, uint64_t value) {
    PutTag(field, kVarint);
    PutVarint(value);
  }
  void PutBytesField(uint32_t field, std::string_view bytes) {
    PutTag(field, kBytes);
    PutVarint(bytes.size());
    Append(bytes);
  }
  void Append(std::string_view bytes) {
    char* to = Reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    Advance(to + bytes.size());
  }

  // Starts a nested message: writes the tag and reserves two bytes for the length. Pass the result
  // to EndNested, which writes the length. If the length does not take two bytes, EndNested moves
  // the content, so that every length has its canonical width.
  size_t BeginNested(uint32_t field) {
    PutTag(field, kBytes);
    Advance(Reserve(kAssumedWidth) + kAssumedWidth);
    return size_;
  }
  void EndNested(size_t begin) {
    const size_t length = size_ - begin;
    if (length < kAssumedMin || length > kAssumedMax) [[unlikely]]
      return EndNestedSlow(begin);
    char* const at = bytes_.data() + begin - kAssumedWidth;
    at[0] = static_cast<char>(length | 0x80);
    at[1] = static_cast<char>(length >> 7);
  }

  static unsigned VarintWidth(uint64_t value) {
    unsigned width = 1;
    for (; value >= 0x80; value >>= 7) ++width;
    return width;
  }

 private:
  // Most rows and changes take 128 to 16,383 bytes.
  static constexpr size_t kAssumedWidth = 2;
  static constexpr size_t kAssumedMin = 1 << 7;
  static constexpr size_t kAssumedMax = (1 << 14) - 1;
  void EndNestedSlow(size_t begin);
  void Grow(size_t count);

  std::string bytes_;  // its size() is the capacity
  size_t size_ = 0;
};

}  // namespace millrace::wire
