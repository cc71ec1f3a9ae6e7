// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace millrace {

static_assert(std::endian::native == std::endian::little, "unaligned loads assume little endian");

// Unaligned loads. The caller has checked the bounds.
inline uint16_t LoadLittle16(const char* from) {
  uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline uint32_t LoadLittle24(const char* from) {
  return LoadLittle16(from) | uint32_t{static_cast<uint8_t>(from[2])} << 16;
}
inline uint32_t LoadLittle32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline uint64_t LoadLittle64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
// Little endian in `width` bytes, 0 to 8.
inline uint64_t LoadLittle(const char* from, unsigned width) {
  uint64_t value = 0;
  std::memcpy(&value, from, width);
  return value;
}
// Big endian in `width` bytes, 0 to 8.
inline uint64_t LoadBig(const char* from, unsigned width) {
  uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>(from[i]);
  return value;
}

inline void AppendLittle16(std::string& to, uint16_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void AppendLittle32(std::string& to, uint32_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void AppendLittle64(std::string& to, uint64_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void AppendBig64(std::string& to, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}
// Writes protobuf's varint (base 128) and returns its end. `to` has room for kVarintBytesMax.
constexpr size_t kVarintBytesMax = 10;
inline char* WriteVarint(char* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}
inline void AppendVarint(std::string& to, uint64_t value) {
  char bytes[kVarintBytesMax];
  to.append(bytes, static_cast<size_t>(WriteVarint(bytes, value) - bytes));
}
// Appends the length as a varint, then the bytes.
inline void AppendSized(std::string& to, std::string_view bytes) {
  AppendVarint(to, bytes.size());
  to.append(bytes);
}

// Returns the length of the longest common prefix.
inline size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  size_t same = 0;
  for (; most - same >= 8; same += 8) {
    const uint64_t differing = LoadLittle64(a.data() + same) ^ LoadLittle64(b.data() + same);
    if (differing != 0) return same + static_cast<size_t>(std::countr_zero(differing)) / 8;
  }
  while (same < most && a[same] == b[same]) ++same;
  return same;
}

// Reads untrusted bytes in order. A read past the end, or of a malformed number, returns zero or an
// empty view, and ok() is false from then on: one check after a run of reads is enough.
// Holds a view: the bytes must outlive the reader. Not thread-safe.
class ByteReader {
 public:
  ByteReader() = default;
  explicit ByteReader(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool empty() const { return at_ == end_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  // Bytes consumed so far.
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  // The bytes not yet read.
  std::string_view rest() const { return {at_, remaining()}; }
  void Fail() {
    ok_ = false;
    at_ = end_;
  }

  uint8_t Little8() { return Take(1) ? static_cast<uint8_t>(at_[-1]) : uint8_t{0}; }
  uint16_t Little16() { return Take(2) ? LoadLittle16(at_ - 2) : uint16_t{0}; }
  uint32_t Little24() { return Take(3) ? LoadLittle24(at_ - 3) : 0; }
  uint32_t Little32() { return Take(4) ? LoadLittle32(at_ - 4) : 0; }
  uint64_t Little48() { return Take(6) ? LoadLittle(at_ - 6, 6) : 0; }
  uint64_t Little64() { return Take(8) ? LoadLittle64(at_ - 8) : 0; }
  uint64_t Little(unsigned width) {
    // An empty reader may hold a null pointer, which memcpy does not accept.
    if (width == 0) return 0;
    return width <= 8 && Take(width) ? LoadLittle(at_ - width, width) : (Require(width <= 8), 0);
  }
  uint64_t Big(unsigned width) {
    return width <= 8 && Take(width) ? LoadBig(at_ - width, width) : (Require(width <= 8), 0);
  }

  // Returns exactly `size` bytes; fails and returns an empty view if fewer remain.
  std::string_view Bytes(size_t size) {
    return Take(size) ? std::string_view(at_ - size, size) : std::string_view();
  }
  bool Skip(size_t size) { return Take(size); }
  // MySQL's length-encoded integer. Fails on NULL (0xfb) and on 0xff.
  uint64_t LengthEncoded() {
    const uint8_t first = Little8();
    if (first < 0xfb) return first;
    if (first == 0xfc) return Little16();
    if (first == 0xfd) return Little24();
    if (first == 0xfe) return Little64();
    Fail();
    return 0;
  }
  // Protobuf's varint, at most ten bytes.
  uint64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const uint8_t byte = Little8();
      if (shift == 63 && byte > 1) break;
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return ok_ ? value : 0;
    }
    Fail();
    return 0;
  }
  // Reads a length as a varint, then returns that many bytes.
  std::string_view Sized() { return Bytes(Varint()); }

 private:
  bool Take(uint64_t size) {
    if (size > remaining()) [[unlikely]] {
      Fail();
      return false;
    }
    at_ += size;
    return true;
  }
  void Require(bool condition) {
    if (!condition) Fail();
  }

  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool ok_ = true;
};

}  // namespace millrace
