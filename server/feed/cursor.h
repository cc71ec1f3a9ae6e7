// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "feed/feed.h"
#include "feed/position.h"
#include "feed/slicer.h"
#include "model/token.h"

namespace millrace::feed {

// Where a cursor reads, what, and how much at a time.
struct CursorOptions {
  Place start;
  Filter filter;
  size_t response_bytes_max = 768 << 10;
  // Last change to deliver; nothing for an endless stream.
  std::optional<Sequence> until;
};

// One step of a cursor.
struct Delivery {
  Selection selection;  // may be empty although the cursor moved: the filter dropped everything
  Token token;          // after everything passed; set only if the cursor moved
  bool moved = false;
  bool full = false;           // more is available, up to `until`: the next step moves
  bool ended = false;          // `until` is reached: nothing follows
  Micros commit_time_max = 0;  // of the changes passed
};

// A reader's place in the log. Does not hold frames between steps. Not thread-safe.
class Cursor {
 public:
  Cursor(const Feed& feed, CursorOptions options);

  // Takes the next changes without waiting: at the newest change the cursor does not move. Scans at
  // most 4 MiB per step, so that a reader with a narrow filter still sees progress. `bytes_max`
  // limits this step if it is below response_bytes_max. Fails like Log::ReadFrames, and with
  // NotInMemory if nothing at all is in memory. After a failure the cursor has not moved.
  absl::StatusOr<Delivery> Next(size_t bytes_max = SIZE_MAX, ReadFrom source = ReadFrom::kDisk);

  // Last change passed.
  Sequence passed() const { return passed_; }

 private:
  const Feed& feed_;
  Slicer slicer_;
  const size_t response_bytes_max_;
  const std::optional<Sequence> until_;
  Sequence passed_;
};

}  // namespace millrace::feed
