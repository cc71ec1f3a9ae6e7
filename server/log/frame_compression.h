// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/scratch.h"
#include "model/sequence.h"

namespace millrace::log {

// Compresses frames before they are written. RocksDB would compress only when it writes a file. So
// only a third of the bytes are written to the write-ahead log, checksummed, and copied to the
// memtable. Not thread-safe.
class FrameCompressor {
 public:
  FrameCompressor();
  ~FrameCompressor();

  // Returns the stored form of the frame at `first`, with its checksum: version 2 (log/FORMAT.md),
  // or version 1 if compression gains too little. The result is valid until the next call.
  // Requires: `plain` has version 1; its checksum may be missing.
  std::string_view Compress(Sequence first, std::string_view plain);
  // Frees the memory of a giant frame, once the result of Compress is no longer needed.
  void Release() { ReleaseScratch(buffer_); }

 private:
  struct State;
  // Writes version 2 without its checksum to the buffer and returns its size; 0: too little gain.
  size_t TryCompress(std::string_view plain);

  const std::unique_ptr<State> state_;
  std::string head_;
  std::string buffer_;
};

// The size in version 1 that a frame of version 2 declares; not verified. 0: malformed.
size_t DeclaredPlainBytes(std::string_view stored);

// Bytes allocated without clearing them.
struct FrameBytes {
  std::unique_ptr<char[]> data;
  size_t size = 0;
};

// Converts a frame of version 2 to version 1, with a zero checksum. Requires: the checksum of
// `stored` is verified; all else is checked here. kDataLoss LOG_DAMAGED.
absl::StatusOr<FrameBytes> DecompressFrame(Sequence first, std::string_view stored);

}  // namespace millrace::log
