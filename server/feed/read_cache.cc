// SPDX-License-Identifier: Apache-2.0

#include "feed/read_cache.h"

#include <iterator>

namespace millrace::feed {

std::vector<FramePtr> ReadCache::Read(Sequence from, size_t bytes_max) const {
  std::vector<FramePtr> frames;
  absl::MutexLock lock(&mutex_);
  auto at = frames_.upper_bound(from);
  if (at == frames_.begin()) return frames;
  --at;
  if (at->second->last() < from) return frames;
  size_t bytes = 0;
  for (; at != frames_.end(); ++at) {
    const bool follows = frames.empty() || frames.back()->last().next() == at->first;
    bytes += at->second->bytes();
    if (!follows || (!frames.empty() && bytes > bytes_max)) break;
    frames.push_back(at->second);
  }
  return frames;
}

void ReadCache::Add(const std::vector<FramePtr>& frames) {
  absl::MutexLock lock(&mutex_);
  for (const FramePtr& frame : frames) {
    if (frame->bytes() > bytes_max_ / 4) continue;
    if (!frames_.emplace(frame->first(), frame).second) continue;
    order_.push_back(frame->first());
    bytes_ += frame->bytes();
  }
  while (bytes_ > bytes_max_) {
    const auto oldest = frames_.find(order_.front());
    bytes_ -= oldest->second->bytes();
    frames_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace millrace::feed
