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

// What a cursor reads and how much at a time.
struct CursorOptions {
  Place start;
  Filter filter;
  size_t response_bytes_max = 768 << 10;
  // Last change to be delivered; nothing for an endless stream.
  std::optional<Sequence> until;
};

// One step of a cursor.
struct Delivery {
  Selection
      selection;  // may be empty although the cursor moved: nothing of what it passed was wanted
  Token token;    // after everything passed; set only if the cursor moved
  bool moved = false;
  bool full = false;           // there was more, up to `until`: the next step moves
  bool ended = false;          // `until` is reached: nothing will follow
  Micros commit_time_max = 0;  // of what was passed
};

// A reader's place in the log. Holds frames only while they are being sent. Not thread-safe.
class Cursor {
 public:
  Cursor(const Feed& feed, CursorOptions options);

  // Takes what comes next, never waiting: at the newest change it does not move. Looks at 4 MiB at
  // most before it answers, so that a filter that wants little still tells its progress. Errors as
  // Log::ReadFrames, and NotInMemory if nothing at all is in memory; after one the cursor stays
  // where it was. `bytes_max` is for this step, where it is less than what the options say.
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
