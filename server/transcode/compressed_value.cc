// SPDX-License-Identifier: Apache-2.0

#include "transcode/compressed_value.h"

#include <zlib.h>

#include "base/bytes.h"

namespace millrace::transcode {
namespace {

// First byte of a stored value: 0 if it is not compressed. Otherwise it has the method, whether
// there is a zlib frame, and how many bytes of length follow, most significant first.
constexpr uint8_t kPlain = 0;
constexpr uint8_t kMethodMask = 0xf0;
constexpr uint8_t kMethodZlib = 0x80;
constexpr uint8_t kUnframed = 0x08;
constexpr uint8_t kLengthBytesMask = 0x07;
// zlib's greatest compression ratio.
constexpr size_t kRatioMax = 1032;

bool Inflate(std::string_view packed, bool framed, std::string& to) {
  z_stream stream = {};
  if (inflateInit2(&stream, framed ? MAX_WBITS : -MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
  const bool done = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  return done;
}

}  // namespace

bool DecompressValue(std::string_view stored, size_t size_max, std::string& buffer,
                     std::string_view& value) {
  value = stored;
  if (stored.empty()) return true;
  const auto header = static_cast<uint8_t>(stored[0]);
  if (header == kPlain) {
    value = stored.substr(1);
    return true;
  }
  const unsigned length_bytes = header & kLengthBytesMask;
  if ((header & kMethodMask) != kMethodZlib || length_bytes == 0 || length_bytes > 4) return false;
  if (stored.size() < 1 + length_bytes) return false;
  const uint64_t length = LoadBig(stored.data() + 1, length_bytes);
  const std::string_view packed = stored.substr(1 + length_bytes);
  if (length > size_max || length > packed.size() * kRatioMax) return false;
  buffer.resize(length);
  if (!Inflate(packed, (header & kUnframed) == 0, buffer)) return false;
  value = buffer;
  return true;
}

}  // namespace millrace::transcode
