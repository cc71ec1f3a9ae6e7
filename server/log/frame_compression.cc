// SPDX-License-Identifier: Apache-2.0

#include "log/frame_compression.h"

#include <cstring>

#include "base/bytes.h"
#include "log/frame_format.h"
#include "lz4.h"

namespace millrace::log {
namespace {

// Smaller frames repeat too little to be worth compressing.
constexpr size_t kFrameBytesMin = 256;
// Compression must save at least this fraction (1/8) to be worth decompressing at each read.
constexpr size_t kMinGainDivisor = 8;
// LZ4's bound: a byte of its block expands to at most this many bytes.
constexpr size_t kExpansionMax = 255;

// The fields between the head and the block.
struct Sizes {
  uint64_t change_count = 0;
  uint64_t plain_bytes = 0;  // of the decompressed block: everything after the change count
};

// Reads the sizes. Fails the reader if the block cannot expand to that size.
Sizes ReadSizes(ByteReader& reader) {
  Sizes sizes{.change_count = reader.Varint(), .plain_bytes = reader.Varint()};
  if (sizes.plain_bytes > reader.remaining() * kExpansionMax) reader.Fail();
  return sizes;
}

// The part of the plain form that is not compressed.
std::string PlainHead(uint64_t change_count) {
  std::string head(kFrameChecksumBytes, '\0');
  head.push_back(static_cast<char>(kPlainFrame));
  AppendVarint(head, change_count);
  return head;
}

}  // namespace

struct FrameCompressor::State {
  LZ4_stream_t lz4;
};

FrameCompressor::FrameCompressor() : state_(std::make_unique<State>()) {}
FrameCompressor::~FrameCompressor() = default;

std::string_view FrameCompressor::Compress(Sequence first, std::string_view plain) {
  // The buffer only grows: clearing bytes that are overwritten costs a tenth of compressing.
  if (buffer_.size() < plain.size()) buffer_.resize(plain.size());
  size_t size = TryCompress(plain);
  if (size == 0) size = plain.copy(buffer_.data(), plain.size());
  const std::string_view stored(buffer_.data(), size);
  const uint64_t checksum = FrameChecksum(stored, first);
  std::memcpy(buffer_.data(), &checksum, sizeof checksum);
  return stored;
}

size_t FrameCompressor::TryCompress(std::string_view plain) {
  if (plain.size() < kFrameBytesMin || plain.size() > LZ4_MAX_INPUT_SIZE) return 0;
  ByteReader reader(plain.substr(kFrameHeadBytes));
  head_.assign(kFrameChecksumBytes, '\0');
  head_.push_back(static_cast<char>(kCompressedFrame));
  AppendVarint(head_, reader.Varint());
  const std::string_view content = reader.rest();
  AppendVarint(head_, content.size());

  const size_t most = plain.size() - plain.size() / kMinGainDivisor;
  std::memcpy(buffer_.data(), head_.data(), head_.size());
  const int size = LZ4_compress_fast_extState(
      &state_->lz4, content.data(), buffer_.data() + head_.size(), static_cast<int>(content.size()),
      static_cast<int>(most - head_.size()), /*acceleration=*/1);
  return size <= 0 ? 0 : head_.size() + static_cast<size_t>(size);
}

size_t DeclaredPlainBytes(std::string_view stored) {
  if (stored.size() < kFrameHeadBytes) return 0;
  ByteReader reader(stored.substr(kFrameHeadBytes));
  const Sizes sizes = ReadSizes(reader);
  return reader.ok() ? PlainHead(sizes.change_count).size() + sizes.plain_bytes : 0;
}

absl::StatusOr<FrameBytes> DecompressFrame(Sequence first, std::string_view stored) {
  ByteReader reader(stored.substr(kFrameHeadBytes));
  const Sizes sizes = ReadSizes(reader);
  if (!reader.ok() || sizes.plain_bytes > LZ4_MAX_INPUT_SIZE) {
    return FrameDamaged(first, "malformed head of a compressed frame");
  }
  const std::string head = PlainHead(sizes.change_count);
  FrameBytes plain{.data = std::make_unique_for_overwrite<char[]>(head.size() + sizes.plain_bytes),
                   .size = head.size() + sizes.plain_bytes};
  std::memcpy(plain.data.get(), head.data(), head.size());
  const std::string_view block = reader.rest();
  const int size =
      LZ4_decompress_safe(block.data(), plain.data.get() + head.size(),
                          static_cast<int>(block.size()), static_cast<int>(sizes.plain_bytes));
  if (size < 0 || static_cast<uint64_t>(size) != sizes.plain_bytes) {
    return FrameDamaged(first, "the compressed data does not decompress to its recorded size");
  }
  return plain;
}

}  // namespace millrace::log
