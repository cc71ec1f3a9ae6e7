// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace millrace {

// A buffer that is kept from row to row, or from frame to frame, keeps no more memory than this:
// what a giant row took is given back when the row is done.
inline constexpr size_t kScratchBytesKept = size_t{4} << 20;

// Gives back the memory of a string or vector that is not needed any more, if it is much. A string
// keeps its memory when an empty one is assigned to it, so they are swapped.
template <typename Buffer>
void ReleaseScratch(Buffer& buffer) {
  if (buffer.capacity() * sizeof(typename Buffer::value_type) > kScratchBytesKept) [[unlikely]]
    Buffer().swap(buffer);
}

}  // namespace millrace
