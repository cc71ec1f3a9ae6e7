// SPDX-License-Identifier: Apache-2.0

#include "feed/feed.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace millrace::feed {
namespace {

// The newest frame stays in the ring up to this size, even if the ring is smaller.
constexpr uint64_t kFrameBytesKept = 4 << 20;

}  // namespace

Feed::Feed(log::Log& log, uint64_t ring_bytes)
    : log_(log),
      ring_bytes_max_(ring_bytes),
      cache_(ring_bytes / 2),
      newest_(log.range().newest.value),
      source_position_(log.source_position()) {}

void Feed::Publish(const std::vector<FramePtr>& frames) {
  absl::MutexLock lock(&mutex_);
  for (const FramePtr& frame : frames) {
    MILLRACE_CHECK(ring_.empty() || ring_.back()->last() < frame->first());
    // The parts of a large transaction were staged and are only on disk, so the frames before them
    // are no longer the newest.
    if (!ring_.empty() && ring_.back()->last().next() != frame->first()) {
      ring_.clear();
      ring_bytes_ = 0;
    }
    ring_bytes_ += frame->bytes();
    ring_.push_back(frame);
  }
  // One frame can exceed the ring if a single change does. Readers then read it from disk.
  while (ring_bytes_ > std::max(ring_bytes_max_, kFrameBytesKept) ||
         (ring_bytes_ > ring_bytes_max_ && ring_.size() > 1)) {
    ring_bytes_ -= ring_.front()->bytes();
    ring_.pop_front();
  }
  source_position_ = log_.source_position();
  newest_.store(log_.range().newest.value, std::memory_order_release);
  for (PublicationListener* listener : listeners_) listener->OnPublished();
}

absl::StatusOr<std::vector<FramePtr>> Feed::Read(Sequence from, size_t bytes_max,
                                                 ReadFrom source) const {
  {
    absl::MutexLock lock(&mutex_);
    std::vector<FramePtr> frames = ReadRing(from, bytes_max);
    if (!frames.empty()) return frames;
  }
  const log::Range readable = range();
  if (from == readable.newest.next()) return std::vector<FramePtr>();
  // The cache may still contain trimmed frames.
  if (from >= readable.oldest) {
    std::vector<FramePtr> frames = cache_.Read(from, bytes_max);
    if (!frames.empty()) return frames;
  }
  MILLRACE_ASSIGN_OR_RETURN(std::vector<FramePtr> frames, log_.ReadFrames(from, bytes_max, source));
  while (!frames.empty() && frames.back()->first() > readable.newest) frames.pop_back();
  cache_.Add(frames);
  return frames;
}

std::vector<FramePtr> Feed::ReadRing(Sequence from, size_t bytes_max) const {
  std::vector<FramePtr> frames;
  if (ring_.empty() || from < ring_.front()->first() || from > ring_.back()->last()) return frames;
  auto frame = std::lower_bound(
      ring_.begin(), ring_.end(), from,
      [](const FramePtr& candidate, Sequence wanted) { return candidate->last() < wanted; });
  for (size_t bytes = 0; frame != ring_.end(); ++frame) {
    bytes += (*frame)->bytes();
    if (!frames.empty() && bytes > bytes_max) break;
    frames.push_back(*frame);
  }
  return frames;
}

log::Range Feed::range() const {
  // Read in this order, like Log::range.
  const Sequence oldest = log_.range().oldest;
  return {oldest, {newest_.load(std::memory_order_acquire)}};
}

Feed::Edge Feed::edge() const {
  absl::MutexLock lock(&mutex_);
  return {range(), source_position_};
}

uint64_t Feed::ring_bytes() const {
  absl::MutexLock lock(&mutex_);
  return ring_bytes_;
}

void Feed::AddListener(PublicationListener* listener) {
  absl::MutexLock lock(&mutex_);
  listeners_.push_back(listener);
}

void Feed::RemoveListener(PublicationListener* listener) {
  absl::MutexLock lock(&mutex_);
  std::erase(listeners_, listener);
}

}  // namespace millrace::feed
