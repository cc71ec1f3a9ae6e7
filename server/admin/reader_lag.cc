// SPDX-License-Identifier: Apache-2.0

#include "admin/reader_lag.h"

#include <algorithm>

namespace millrace::admin {
namespace {

// Commit time of the transaction that change `sequence` of `frame` belongs to, as far as it is
// believed.
Micros CommitTimeIn(const log::Frame& frame, Sequence sequence) {
  Sequence next = frame.first();
  for (const log::Segment& segment : frame.segments()) {
    next.value += segment.change_count;
    if (sequence < next) return std::min(segment.commit_time, frame.commit_time_max());
  }
  return frame.commit_time_max();
}

}  // namespace

ReaderLag ReaderLags::ChangesOf(Sequence sequence) const {
  if (sequence >= range_.newest) return {};
  return {.changes = range_.newest.value - sequence.value, .time = std::nullopt};
}

ReaderLag ReaderLags::Of(Sequence sequence) {
  ReaderLag lag = ChangesOf(sequence);
  if (lag.changes == 0) return lag;
  const auto time = CommitTimeOf(std::max(sequence.next(), range_.oldest));
  if (time.has_value()) lag.time = std::max<Micros>(now_ - *time, 0);
  return lag;
}

std::optional<Micros> ReaderLags::CommitTimeOf(Sequence sequence) {
  const bool at_hand =
      frame_ != nullptr && sequence >= frame_->first() && sequence <= frame_->last();
  if (!at_hand) {
    const auto frames = feed_.Read(sequence, 1);
    if (!frames.ok() || frames->empty()) return std::nullopt;
    frame_ = frames->front();
  }
  const Micros time = CommitTimeIn(*frame_, sequence);
  return time > 0 ? std::optional<Micros>(time) : std::nullopt;
}

}  // namespace millrace::admin
