// SPDX-License-Identifier: Apache-2.0

#include "feed/cursor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"

namespace millrace::feed {
namespace {

constexpr size_t kCursorScanBytesMax = 4 << 20;

}  // namespace

Cursor::Cursor(const Feed& feed, CursorOptions options)
    : feed_(feed),
      slicer_(std::move(options.filter), options.start.inside_transaction),
      response_bytes_max_(options.response_bytes_max),
      until_(options.until),
      passed_(options.start.after) {}

absl::StatusOr<Delivery> Cursor::Next(size_t bytes_max, ReadFrom source) {
  bytes_max = std::min(bytes_max, response_bytes_max_);
  Delivery delivery;
  const Sequence until = until_.value_or(Sequence{UINT64_MAX - 1});
  FramePtr last;
  Sequence passed = passed_;
  size_t scanned = 0;
  while (!delivery.full && passed < until && scanned < kCursorScanBytesMax) {
    const size_t left = bytes_max - std::min(bytes_max, delivery.selection.bytes);
    const auto frames = feed_.Read(passed.next(), left, source);
    if (IsNotInMemory(frames.status()) && last != nullptr) {
      delivery.full = true;
      break;
    }
    if (!frames.ok()) return frames.status();
    if (frames->empty()) break;
    for (const FramePtr& frame : *frames) {
      MILLRACE_ASSIGN_OR_RETURN(const bool whole, slicer_.Take(frame, passed.next(), until,
                                                               bytes_max, delivery.selection));
      delivery.full = !whole;
      scanned += frame->bytes();
      if (delivery.selection.covered > passed) {
        passed = delivery.selection.covered;
        last = frame;
        delivery.commit_time_max = frame->commit_time_max();
      }
      if (delivery.full || passed >= until || scanned >= kCursorScanBytesMax) break;
    }
  }
  if (last != nullptr) {
    MILLRACE_ASSIGN_OR_RETURN(delivery.token, TokenAfter(feed_.log().log_id(), *last, passed));
    delivery.moved = true;
    passed_ = passed;
  }
  delivery.ended = passed_ >= until;
  return delivery;
}

}  // namespace millrace::feed
