// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace millrace {

// A buffer that is reused for each row or frame keeps at most this much memory. The memory of a
// giant row is freed when the row is done.
inline constexpr size_t kScratchBytesKept = size_t{4} << 20;

// Frees the memory of a string or vector, whose contents are no longer needed, if it is large.
// Swaps, because a string keeps its memory when an empty string is assigned to it.
template <typename Buffer>
void ReleaseScratch(Buffer& buffer) {
  if (buffer.capacity() * sizeof(typename Buffer::value_type) > kScratchBytesKept) [[unlikely]]
    Buffer().swap(buffer);
}

}  // namespace millrace
