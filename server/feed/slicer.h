// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "feed/feed.h"
#include "feed/filter.h"
#include "model/sequence.h"

namespace millrace::feed {

// Bytes to send: a view into a frame, or a few owned bytes.
struct Piece {
  FramePtr frame;  // owner of `view`; null if the bytes are in `owned`
  std::string_view view;
  std::string owned;

  std::string_view bytes() const { return frame != nullptr ? view : std::string_view(owned); }
};

// The part of the log that goes into one response.
struct Selection {
  std::vector<Piece> pieces;  // wire form of SubscribeResponse.transactions
  size_t bytes = 0;
  uint64_t changes = 0;  // changes taken
  Sequence covered;      // everything up to here was taken or filtered out
};

// Takes from frames the changes that a reader wants, in order, without parsing rows. Remembers
// whether it left a transaction open. Not thread-safe.
class Slicer {
 public:
  // `inside_transaction`: the reader has already seen the beginning of its first transaction.
  Slicer(Filter filter, bool inside_transaction)
      : filter_(std::move(filter)), open_(inside_transaction) {}

  // Adds the changes of `frame` from `from` to `until` to `selection`, up to about `bytes_max`, but
  // at least one change if the selection was empty. Sets `selection.covered`. False: not all
  // wanted changes fit. kDataLoss LOG_DAMAGED: the frame's index does not match its payload.
  absl::StatusOr<bool> Take(const FramePtr& frame, Sequence from, Sequence until, size_t bytes_max,
                            Selection& selection);

 private:
  struct Part;
  bool TakeWhole(const FramePtr& frame, Sequence from, Sequence until, size_t bytes_max,
                 Selection& selection);
  absl::Status Collect(const log::Frame& frame, const log::Segment& segment, Part& part);
  absl::Status CollectFromRun(const log::Frame& frame, const log::Run& run, Sequence first,
                              Part& part);
  void Emit(const FramePtr& frame, const log::Segment& segment, const Part& part,
            Selection& selection);

  Filter filter_;
  // A transaction was sent with `more`, so its end must be sent even if no other change of it is
  // wanted.
  bool open_;
};

}  // namespace millrace::feed
