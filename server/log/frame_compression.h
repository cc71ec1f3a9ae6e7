// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/scratch.h"
#include "model/sequence.h"

namespace millrace::log {

// Makes frames smaller on their way to disk. Done here and not by RocksDB, which would compress
// only when it writes a file: so the write-ahead log, its checksum, the memtable and the copies
// between them carry a third of the bytes too. Not thread-safe.
class FrameCompressor {
 public:
  FrameCompressor();
  ~FrameCompressor();

  // The form of the frame at `first` that goes to disk, with its checksum: version 2
  // (log/FORMAT.md) of `plain`, which is version 1 and need not be sealed; or version 1 if it does
  // not shrink. Valid until the next call. Requires: `plain` is of version 1.
  std::string_view Compress(Sequence first, std::string_view plain);
  // Gives back what a giant frame took, once what Compress answered is not needed any more.
  void Release() { ReleaseScratch(buffer_); }

 private:
  struct State;
  // Writes version 2 to the buffer, the checksum left out, and returns its size; 0: no gain.
  size_t TryCompress(std::string_view plain);

  const std::unique_ptr<State> state_;
  std::string head_;
  std::string buffer_;
};

// Bytes that a frame of version 2 has in version 1, by what it says; not verified. 0: malformed.
size_t DeclaredPlainBytes(std::string_view stored);

// Bytes that were allocated without being cleared first.
struct FrameBytes {
  std::unique_ptr<char[]> data;
  size_t size = 0;
};

// Version 1 of a frame of version 2, but for its checksum, which is left zero: that of `stored` has
// been verified, and nothing else is. kDataLoss LOG_DAMAGED.
absl::StatusOr<FrameBytes> DecompressFrame(Sequence first, std::string_view stored);

}  // namespace millrace::log
