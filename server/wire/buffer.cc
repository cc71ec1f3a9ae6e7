// SPDX-License-Identifier: Apache-2.0

#include "wire/buffer.h"

#include <algorithm>

namespace millrace::wire {

void Buffer::EndNestedSlow(size_t begin) {
  const size_t length = size_ - begin;
  const size_t width = VarintWidth(length);
  Reserve(width);
  char* content = bytes_.data() + begin;
  std::memmove(content - kAssumedWidth + width, content, length);
  size_ = size_ - kAssumedWidth + width;
  WriteVarint(bytes_.data() + begin - kAssumedWidth, length);
}

void Buffer::Grow(size_t count) {
  bytes_.resize(std::max({bytes_.size() * 2, size_ + count, size_t{4096}}));
}

}  // namespace millrace::wire
